import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { matchesFilter } from '../../sandbox/routes/list';
import { parseChunkRange } from '../../sandbox/routes/sendHeaders';
import { sandboxForTests } from './support/caller';

describe('for any input', () => {
	const world = sandboxForTests();
	afterEach(() => world.sandbox.reset());

	it('following links.next shows each matching message once, oldest first, whichever way pages are cut', async () => {
		const inbox = fc.array(fc.constantFrom('WF1', 'WF2', 'OTHER', ''), { maxLength: 45 });
		const filter = fc.constantFrom(undefined, 'WF1', '!WF1', 'WF*', '!WF*', '*TH*', '!*TH*');
		await fc.assert(
			fc.asyncProperty(
				inbox,
				filter,
				fc.integer({ min: 10, max: 20 }),
				fc.constantFrom('filled', 'scanned'),
				async (workflows, chosen, size, cut) => {
					await world.sandbox.reset();
					world.sandbox.behaviour.filteredPages = cut as 'filled' | 'scanned';
					const expected: string[] = [];
					for (const workflowId of workflows) {
						const id = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x', workflowId });
						if (chosen === undefined || matchesFilter(chosen, workflowId)) expected.push(id);
					}
					const seen: string[] = [];
					const query = chosen === undefined ? '' : `&workflow_filter=${encodeURIComponent(chosen)}`;
					for (let path: string | undefined = `X26ABC1/inbox?max_results=${size}${query}`; path !== undefined; ) {
						const { json } = await world.mesh.call({ path });
						expect((json.messages as string[]).length).toBeLessThanOrEqual(size);
						seen.push(...(json.messages as string[]));
						path = (json.links as { next?: string }).next?.replace('/messageexchange/', '');
					}
					expect(seen).toEqual(expected);
				},
			),
			{ numRuns: 25 },
		);
	});

	it('what is sent in chunks, plain or gzip, is what is downloaded in chunks, however it is encoded on the way', async () => {
		const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 5 });
		await fc.assert(
			fc.asyncProperty(chunks, fc.boolean(), fc.boolean(), async (contents, gzip, acceptsGzip) => {
				const bodies = contents.map((content) => (gzip ? gzipSync(content) : Buffer.from(content)));
				const total = bodies.length;
				const encoding: Record<string, string> = gzip ? { 'content-encoding': 'gzip' } : {};
				const id = await world.mesh.send('X26ABC1', 'X26ABC2', bodies[0], { 'mex-chunk-range': `1:${total}`, ...encoding });
				for (let chunk = 2; chunk <= total; chunk++) await world.mesh.sendChunk('X26ABC1', id, chunk, total, bodies[chunk - 1], encoding);
				expect((await world.sandbox.content(id)).equals(Buffer.concat(contents))).toBe(true);
				for (let chunk = 1; chunk <= total; chunk++) {
					const reply = await world.mesh.call({
						path: `X26ABC2/inbox/${id}/${chunk}`,
						version: 1,
						headers: acceptsGzip ? { 'accept-encoding': 'gzip' } : {},
					});
					const expected = gzip && acceptsGzip ? bodies[chunk - 1] : Buffer.from(contents[chunk - 1]);
					expect([reply.status, reply.body.equals(expected)]).toEqual([chunk < total ? 206 : 200, true]);
				}
			}),
			{ numRuns: 25 },
		);
	});

	it('a filter and its negation never agree', () => {
		const pattern = fc.string({ minLength: 2, maxLength: 8 }).filter((text) => !text.startsWith('!') && text.trim() === text);
		fc.assert(
			fc.property(
				pattern,
				fc.string(),
				(filter, workflowId) => matchesFilter(filter, workflowId) !== matchesFilter(`!${filter}`, workflowId),
			),
		);
	});

	it('a chunk range is read back as written, or refused when it is not 1 <= a <= b', () => {
		fc.assert(
			fc.property(fc.nat(50), fc.nat(50), (chunk, total) => {
				expect(parseChunkRange(`${chunk}:${total}`)).toEqual(chunk >= 1 && chunk <= total ? { chunk, total } : undefined);
			}),
		);
		fc.assert(
			fc.property(
				fc.string().filter((text) => !/\d\s*:\s*\d/.test(text)),
				(text) => parseChunkRange(text) === undefined,
			),
		);
	});
});

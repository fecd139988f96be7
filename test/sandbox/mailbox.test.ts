import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import type { Sandbox } from '../../sandbox';
import { matchesFilter } from '../../sandbox/routes/list';
import { requestedVersion } from '../../sandbox/server/version';
import { parseChunkRange } from '../../sandbox/routes/sendHeaders';
import { sandboxForTests, withSandbox } from './support/caller';
import type { Caller } from './support/caller';

const CLIENT = { 'mex-clientversion': 'tests==1', 'mex-osname': 'Linux', 'mex-osversion': '6' };

describe('handshake', () => {
	const world = sandboxForTests();

	it.each(['GET', 'POST'])('by %s answers the mailbox ID in v1 and nothing at all in v2', async (method) => {
		const v1 = await world.mesh.call({ method, path: 'X26ABC1', version: 1, headers: CLIENT });
		expect([v1.status, v1.json]).toEqual([200, { mailboxId: 'X26ABC1' }]);
		const v2 = await world.mesh.call({ method, path: 'x26abc1', headers: CLIENT });
		expect([v2.status, v2.text, v2.headers['content-type']]).toEqual([200, '', undefined]);
	});

	it('names every missing header in one validation error, and takes empty ones', async () => {
		const reply = await world.mesh.call({ method: 'POST', path: 'X26ABC1' });
		expect(reply.status).toBe(400);
		expect((reply.json.detail as Array<{ loc: string[] }>).map(({ loc }) => loc)).toEqual([
			['header', 'mex-clientversion'],
			['header', 'mex-osname'],
			['header', 'mex-osversion'],
		]);
		const headers = { 'mex-clientversion': '', 'mex-osname': '', 'mex-osversion': '' };
		expect((await world.mesh.call({ method: 'POST', path: 'X26ABC1', headers })).status).toBe(200);
	});

	it('is remembered as the time the mailbox was last seen', async () => {
		const mailbox = await world.mesh.call({ path: 'admin/mailbox/X26ABC1', as: null });
		expect(mailbox.json).toMatchObject({
			mailbox_id: 'X26ABC1',
			ods_code: 'X26',
			last_handshake: expect.stringMatching(/^\d{4}-/) as string,
		});
	});
});

describe('count', () => {
	const world = sandboxForTests();

	it('counts what waits, in the shape of each version', async () => {
		const ids = [await world.sandbox.putMessage({ to: 'X26ABC2', content: 'a' }), await world.sandbox.putReport({ to: 'X26ABC2' })];
		expect((await world.mesh.call({ path: 'X26ABC2/count' })).json).toEqual({ count: 2 });
		await world.mesh.acknowledge('X26ABC2', ids[0]);
		const v1 = (await world.mesh.call({ path: 'X26ABC2/count', version: 1 })).json;
		expect(v1).toEqual({ count: 1, internalID: expect.any(String) as string, allResultsIncluded: true });
	});
});

describe('look-ups', () => {
	const world = sandboxForTests();

	it('find the mailboxes of an organisation that receive a workflow, without a token', async () => {
		const v2 = await world.mesh.call({ path: 'endpointlookup/X26/TEST_WORKFLOW2', as: null });
		expect(v2.json).toEqual({
			results: [
				{ mailbox_id: 'X26ABC1', mailbox_name: 'TESTMB1' },
				{ mailbox_id: 'X26ABC2', mailbox_name: 'TESTMB2' },
			],
		});
		const v1 = await world.mesh.call({ path: 'endpointlookup/X26/TEST_WORKFLOW', as: null, version: 1 });
		expect(v1.json).toEqual({
			query_id: expect.any(String) as string,
			results: [{ address: 'X26ABC2', description: 'TESTMB2', endpoint_type: 'MESH' }],
		});
	});

	it('answer an empty list, not 404, when nobody does or the case differs', async () => {
		for (const path of ['endpointlookup/X26/NONE', 'endpointlookup/x26/TEST_WORKFLOW', 'workflowsearch/NONE']) {
			expect((await world.mesh.call({ path, as: null })).json).toEqual({ results: [] });
		}
	});

	it('refuse blank values', async () => {
		const texts = ['endpointlookup/%20/W', 'endpointlookup/X26/%20', 'workflowsearch/%20'].map(
			async (path) => (await world.mesh.call({ path, as: null })).text,
		);
		expect(await Promise.all(texts)).toEqual([
			expect.stringContaining('ods code missing'),
			expect.stringContaining('workflow id missing'),
			expect.stringContaining('workflow id missing'),
		]);
	});

	it('search by workflow with the same body in both versions', async () => {
		const results = [
			{ mailbox_id: 'X26ABC1', mailbox_name: 'TESTMB1' },
			{ mailbox_id: 'X26ABC3', mailbox_name: 'TESTMB3' },
		];
		for (const version of [1, 2] as const)
			expect((await world.mesh.call({ path: 'workflowsearch/TEST_WORKFLOW_ACK', as: null, version })).json).toEqual({ results });
	});
});

describe('paths', () => {
	const world = sandboxForTests();

	it('answer liveness without a token', async () => {
		expect((await world.mesh.call({ path: '_ping', as: null })).json).toMatchObject({ status: 'running', outcome: 'Yes' });
	});

	it('take what the Java client says about itself', async () => {
		const reply = await world.mesh.call({
			method: 'POST',
			path: 'X26ABC1/update',
			body: '{}',
			headers: { 'content-type': 'application/json' },
		});
		expect([reply.status, reply.text]).toEqual([200, '']);
	});

	it('are redirected when they end in a slash, with the query kept', async () => {
		const reply = await world.mesh.call({ path: 'X26ABC1/inbox/?max_results=10' });
		expect([reply.status, reply.headers.location]).toEqual([307, '/messageexchange/X26ABC1/inbox?max_results=10']);
		expect((await world.mesh.call({ path: 'X26ABC1/' })).headers.location).toBe('/messageexchange/X26ABC1');
	});

	it('that do not exist are 404, wrong methods 405, both with a text for a detail', async () => {
		expect((await world.mesh.call({ path: 'X26ABC1/nowhere' })).json).toEqual({ detail: 'Not Found' });
		expect((await world.mesh.call({ path: '%zz' })).json).toEqual({ detail: 'Not Found' });
		const wrong = await world.mesh.call({ method: 'DELETE', path: 'X26ABC1/inbox' });
		expect([wrong.status, wrong.json]).toEqual([405, { detail: 'Method Not Allowed' }]);
		expect((await world.mesh.call({ method: 'HEAD', path: 'X26ABC1/inbox' })).status).toBe(405);
	});

	it('accept any content type, even a malformed one, since only the bytes matter', async () => {
		const reply = await world.mesh.call({ method: 'POST', path: 'not/a/known/path/at/all', body: 'x', headers: { 'content-type': ';;' } });
		expect(reply.status).toBe(404);
		await expect(world.mesh.send('X26ABC1', 'X26ABC2', 'x', { 'content-type': ';;' })).resolves.toEqual(expect.any(String));
	});
});

describe('the rate limit', () => {
	it('answers 429 with Retry-After beyond so many requests, until the window is over', async () => {
		await withSandbox(
			{ behaviour: { rateLimit: { requests: 2, perMs: 1000, retryAfterSeconds: 7 } }, now: () => Date.UTC(2026, 0, 1) },
			async (mesh, sandbox) => {
				const statuses = [];
				for (let i = 0; i < 3; i++) statuses.push((await mesh.call({ path: 'X26ABC1/count' })).status);
				expect(statuses).toEqual([200, 200, 429]);
				expect((await mesh.call({ path: 'X26ABC1/count' })).headers['retry-after']).toBe('7');
				expect((await mesh.call({ path: 'X26ABC2/count' })).status).toBe(200);
				sandbox.clock.advance(1000);
				expect((await mesh.call({ path: 'X26ABC1/count' })).status).toBe(200);
			},
		);
	});
});

const fill = async (sandbox: Sandbox, count: number, workflowOf: (index: number) => string = () => 'WF1') => {
	const ids: string[] = [];
	for (let index = 0; index < count; index++)
		ids.push(await sandbox.putMessage({ to: 'X26ABC1', content: String(index), workflowId: workflowOf(index) }));
	return ids;
};

/** Follows links.next to the end and returns the pages. */
const pages = async (mesh: Caller, query: string): Promise<string[][]> => {
	const found: string[][] = [];
	for (let path: string | undefined = `X26ABC1/inbox?${query}`; path !== undefined; ) {
		const { json } = await mesh.call({ path });
		found.push(json.messages as string[]);
		path = (json.links as { next?: string }).next?.replace('/messageexchange/', '');
	}
	return found;
};

describe('paging', () => {
	const world = sandboxForTests();
	let ids: string[];
	beforeAll(async () => {
		ids = await fill(world.sandbox, 25);
	});

	it('gives the oldest first, with a relative, encoded next link until nothing is left', async () => {
		const first = (await world.mesh.call({ path: 'X26ABC1/inbox?max_results=10&workflow_filter=WF*' })).json;
		expect(first.messages).toEqual(ids.slice(0, 10));
		expect(first.approx_inbox_count).toBe(25);
		expect(first.links).toEqual({
			self: '/messageexchange/X26ABC1/inbox?max_results=10&workflow_filter=WF*',
			next: expect.stringMatching(
				/^\/messageexchange\/X26ABC1\/inbox\?max_results=10&workflow_filter=WF\*&continue_from=[A-Za-z0-9%]{24,1000}$/,
			) as string,
		});
		expect((first.links as { next: string }).next).toMatch(/%3D%3D$/);
		expect(await pages(world.mesh, 'max_results=10')).toEqual([ids.slice(0, 10), ids.slice(10, 20), ids.slice(20)]);
	});

	it('has no next link when the last page is exactly full', async () => {
		expect((await pages(world.mesh, 'max_results=25')).length).toBe(1);
	});

	it('in v1 goes on behind a message ID and says nothing of links', async () => {
		const v1 = await world.mesh.call({ path: `X26ABC1/inbox?max_results=10&continue_from=${ids[9]}`, version: 1 });
		expect(v1.json).toEqual({ messages: ids.slice(10, 20) });
	});

	it.each([
		'max_results=9',
		'max_results=5001',
		'max_results=ten',
		'continue_from=',
		'continue_from=short',
		'workflow_filter=*',
		`workflow_filter=${'x'.repeat(256)}`,
	])('refuses %s', async (query) => {
		const reply = await world.mesh.call({ path: `X26ABC1/inbox?${query}` });
		expect(reply.status).toBe(400);
		expect(reply.json.detail).toEqual([expect.objectContaining({ loc: ['query', query.split('=')[0]] })]);
	});

	it('answers 500 to a token it never made', async () => {
		const token = Buffer.from('something made up by someone').toString('base64');
		expect((await world.mesh.call({ path: `X26ABC1/inbox?continue_from=${encodeURIComponent(token)}` })).status).toBe(500);
	});
});

describe('a cursor whose message was acknowledged', () => {
	it.each([
		['continue', 10],
		['restart', 1],
	] as const)('leads to %s, as the switch says', async (lostCursor, firstIndex) => {
		await withSandbox({ behaviour: { lostCursor } }, async (mesh, sandbox) => {
			const ids = await fill(sandbox, 20);
			const { json } = await mesh.call({ path: 'X26ABC1/inbox?max_results=10' });
			await mesh.acknowledge('X26ABC1', ids[9]);
			if (lostCursor === 'restart') await mesh.acknowledge('X26ABC1', ids[0]);
			const next = await mesh.call({ path: (json.links as { next: string }).next.replace('/messageexchange/', '') });
			expect((next.json.messages as string[])[0]).toBe(ids[firstIndex]);
		});
	});
});

describe('pages under a filter', () => {
	it('are filled with matches by default, and may be empty with a next link where MESH cuts before it filters', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			const ids = await fill(sandbox, 30, (index) => (index < 20 ? 'OTHER' : 'WANTED'));
			expect(await pages(mesh, 'max_results=10&workflow_filter=WANTED')).toEqual([ids.slice(20)]);
			sandbox.behaviour.filteredPages = 'scanned';
			expect(await pages(mesh, 'max_results=10&workflow_filter=WANTED')).toEqual([[], [], ids.slice(20)]);
		});
	});

	it('show the reports on a workflow too, since they carry its ID', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			const report = await sandbox.putReport({ to: 'X26ABC1', workflowId: 'WF1' });
			expect(await pages(mesh, 'workflow_filter=WF1')).toEqual([[report]]);
		});
	});
});

describe('the filter', () => {
	it.each([
		['WF1', 'WF1', true],
		['WF1', 'wf1', false],
		[' WF1 ', 'WF1', true],
		['!WF1', 'WF2', true],
		['!WF1', 'WF1', false],
		['WF*', 'WF12', true],
		['!WF*', 'WF12', false],
		['*_ACK*', 'A_ACK_B', true],
		['!*_ACK*', 'A_ACK_B', false],
		['*_ACK', 'X_ACX', true],
		['*_ACK', 'X_BCK', false],
		['*A', 'anything', true],
		['**', 'anything', true],
		['***', 'A*B', true],
		['!*', 'anything', false],
		['!*', '', false],
		['A*B', 'A*B', true],
		['A*B', 'AxB', false],
		['!!X', '!X', false],
		['!!X', 'X', true],
		['=WF1', 'WF1', false],
		['!WF1', '', true],
		['!WF*', '', true],
	])('%s on %p is %p', (filter, workflowId, expected) => {
		expect(matchesFilter(filter, workflowId)).toBe(expected);
	});
});

describe('a page of the default size', () => {
	it('holds 500 of 600 messages, so that a high-volume run needs more than one', async () => {
		await withSandbox({}, async (mesh, sandbox) => {
			await fill(sandbox, 600);
			expect((await pages(mesh, '')).map(({ length }) => length)).toEqual([500, 100]);
		});
	});
});

describe('the API version', () => {
	it.each([
		[undefined, 1],
		['*/*', 1],
		['application/json', 1],
		['application/vnd.mesh.v1+json', 1],
		['application/vnd.mesh.v2+json', 2],
		['application/vnd.mesh.v2+json;q=1', 2],
		['application/vnd.mesh.v0+json', 1],
		['application/vnd.mesh.v3+json', 3],
	])('follows from Accept %p', (accept, version) => {
		expect(requestedVersion(accept)).toBe(version);
	});

	it.each(['application/vnd.mesh.v2+json, application/json', 'application/vnd.mesh.v2', 'application/vnd.mesh.vx+json'])(
		'is refused for %p',
		(accept) => {
			expect(() => requestedVersion(accept)).toThrow('Accept header api format incorrect');
		},
	);
});

describe('over the wire', () => {
	const world = sandboxForTests();

	it('a malformed Accept is 400 in the v1 shape, but HEAD ignores it', async () => {
		const headers = { accept: 'application/vnd.mesh.v2+json, application/json' };
		const listed = await world.mesh.call({ path: 'X26ABC1/inbox', headers });
		expect(listed.status).toBe(400);
		expect(listed.json).toEqual({ errorEvent: '', errorCode: '', errorDescription: 'Accept header api format incorrect' });
		const id = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		expect((await world.mesh.call({ method: 'HEAD', path: `X26ABC1/inbox/${id}`, headers })).status).toBe(200);
	});

	it('the same refusal has the v1 or the v2 shape', async () => {
		const path = 'X26ABC1/inbox/NOTHERE';
		const v1 = await world.mesh.call({ path, version: 1 });
		const v2 = await world.mesh.call({ path });
		expect([v1.status, v2.status]).toEqual([404, 404]);
		expect(v1.json).toEqual({ errorEvent: 'RECEIVE', errorCode: '20', errorDescription: 'Message does not exist' });
		expect(v2.json).toEqual({ detail: [{ event: 'RECEIVE', code: '20', msg: 'Message does not exist' }] });
		expect(v2.headers['content-type']).toBe('application/vnd.mesh.v2+json');
	});
});

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

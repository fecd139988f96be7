import { gzipSync } from 'node:zlib';
import { sandboxForTests, withSandbox } from './support/caller';

describe('chunked sending', () => {
	const world = sandboxForTests();
	const range = (text: string) => ({ 'mex-chunk-range': text });

	it('delivers only when the last chunk is in, and joins the chunks in order', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'one ', range('1:3'));
		expect(world.sandbox.message(id)).toMatchObject({ status: 'uploading', chunkCount: 3, chunks: [1] });
		const second = await world.mesh.sendChunk('X26ABC1', id, 2, 3, 'two ');
		expect([second.status, second.json]).toEqual([202, { message_id: id }]);
		expect(await world.mesh.list('X26ABC2')).not.toContain(id);
		await world.mesh.sendChunk('X26ABC1', id, 3, 3, 'three');
		expect(await world.mesh.list('X26ABC2')).toContain(id);
		expect((await world.sandbox.content(id)).toString()).toBe('one two three');
	});

	it('answers message ID and block ID in v1, and null in v2 where the NHS sandbox is followed', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'a', range('1:3'));
		const v1 = await world.mesh.call({ method: 'POST', path: `X26ABC1/outbox/${id}/2`, headers: range('2:3'), body: 'b', version: 1 });
		expect([v1.status, v1.json]).toEqual([202, { messageID: id, blockID: 2 }]);
		world.sandbox.behaviour.answers = 'nhsSandbox';
		const v2 = await world.mesh.sendChunk('X26ABC1', id, 2, 3, 'b');
		world.sandbox.behaviour.answers = 'specification';
		expect([v2.text, v2.headers['content-type']]).toEqual(['null', 'application/json']);
	});

	it('takes a single message declared as 1:1', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'a', range('1:1'));
		expect(world.sandbox.message(id)?.status).toBe('accepted');
	});

	it.each(['2:2', '0:1', '1', 'a:b', '2:1', '{1:2}'])('refuses a first range of %s without an ID', async (text) => {
		const headers = { 'mex-to': 'X26ABC2', 'mex-workflowid': 'W', ...range(text) };
		const reply = await world.mesh.call({ method: 'POST', path: 'X26ABC1/outbox', headers, body: 'x' });
		expect([reply.status, reply.json.message_id, reply.text]).toEqual([417, undefined, expect.stringContaining('InvalidHeaderChunks')]);
	});

	it('refuses later chunks that do not fit, each in its own way', async () => {
		const { mesh } = world;
		const id = await mesh.send('X26ABC1', 'X26ABC2', 'a', range('1:3'));
		const chunk = (path: string, headers: Record<string, string>) => mesh.call({ method: 'POST', path, headers, body: 'x' });
		for (const headers of [{}, range('3:3'), range('2'), range('0:3'), range('2:1')] as Array<Record<string, string>>) {
			const reply = await chunk(`X26ABC1/outbox/${id}/2`, headers);
			expect([reply.status, reply.json.message_id]).toEqual([417, id]);
		}
		expect((await chunk(`X26ABC1/outbox/${id}/2`, range('2'.repeat(21)))).status).toBe(400);
		expect((await chunk(`X26ABC1/outbox/${id}/two`, range('2:3'))).status).toBe(400);
		expect((await chunk('X26ABC1/outbox/NOTHERE/2', range('2:3'))).json).toEqual({ detail: [{ event: '', code: '', msg: 'Not Found' }] });
		expect((await chunk(`X26ABC3/outbox/${id}/2`, range('2:3'))).status).toBe(403);
		expect((await chunk(`X26ABC1/outbox/${id}/4`, range('4:4'))).status).toBe(406);
		const encoded = await chunk(`X26ABC1/outbox/${id}/2`, { ...range('2:3'), 'content-encoding': 'gzip' });
		expect([encoded.status, encoded.json]).toEqual([417, { detail: [{ event: '', code: '', msg: 'cannot change content encoding' }] }]);
		expect(world.sandbox.message(id)).toMatchObject({ status: 'uploading', chunks: [1] });
	});

	it('wants gzip on every chunk of a gzip message, and unpacks each on its own', async () => {
		const gzip = { 'content-encoding': ' GZIP ' };
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', gzipSync('one '), { ...range('1:2'), ...gzip });
		expect((await world.mesh.sendChunk('X26ABC1', id, 2, 2, gzipSync('two'))).status).toBe(417);
		expect((await world.mesh.sendChunk('X26ABC1', id, 2, 2, gzipSync('two'), gzip)).status).toBe(202);
		expect((await world.sandbox.content(id)).toString()).toBe('one two');
	});

	it('takes a chunk again while uploading (the last upload wins), and answers 423 once the message is final', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'a', range('1:3'));
		for (const body of ['first', 'second']) await world.mesh.sendChunk('X26ABC1', id, 2, 3, body);
		await world.mesh.sendChunk('X26ABC1', id, 3, 3, '!');
		const late = await world.mesh.sendChunk('X26ABC1', id, 3, 3, '?');
		expect([late.status, late.json]).toEqual([423, { message: 'An internal error occurred.\n\nPlease contact support.' }]);
		expect((await world.sandbox.content(id)).toString()).toBe('asecond!');
	});

	it('finalises with holes when the last chunk comes early: the receiver then gets 404 for what is missing', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'a', range('1:3'));
		expect((await world.mesh.sendChunk('X26ABC1', id, 3, 3, 'c')).status).toBe(202);
		expect((await world.mesh.call({ path: `X26ABC2/inbox/${id}/2` })).status).toBe(404);
		expect((await world.mesh.sendChunk('X26ABC1', id, 2, 3, 'b')).status).toBe(423);
		await expect(world.sandbox.content(id)).rejects.toThrow();
	});

	it('refuses to finalise with holes where the switch says so', async () => {
		await withSandbox({ behaviour: { chunkHoles: 'refuse' } }, async (mesh, sandbox) => {
			const id = await mesh.send('X26ABC1', 'X26ABC2', 'a', range('1:3'));
			expect((await mesh.sendChunk('X26ABC1', id, 3, 3, 'c')).status).toBe(417);
			await mesh.sendChunk('X26ABC1', id, 2, 3, 'b');
			expect((await mesh.sendChunk('X26ABC1', id, 3, 3, 'c')).status).toBe(202);
			expect((await sandbox.content(id)).toString()).toBe('abc');
		});
	});

	it('warns in the request log of chunks below the real service\'s minimum, except the last', async () => {
		const id = await world.mesh.send('X26ABC1', 'X26ABC2', 'a', range('1:2'));
		expect(world.sandbox.requests.at(-1)?.warning).toContain('below the minimum of 5000000 bytes');
		await world.mesh.sendChunk('X26ABC1', id, 2, 2, 'b');
		expect(world.sandbox.requests.at(-1)?.warning).toBeUndefined();
	});
});

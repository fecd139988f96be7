import { expectGeneric, expectRefusal, problems, refusal, row, type Topic } from '../world';

const RANGE = { status: 417, event: 'SEND', code: 'InvalidHeaderChunks', text: 'Invalid chunk values sent in mex-Chunk-Range header' };

export const chunks: Topic = {
	title: 'Chunked sending',
	rows: [
		row('the first chunk begins an upload, the last one delivers it, and nothing can be added', async (world) => {
			const id = await world.startUpload(2, { 'mex-subject': 'Kept' });
			expect(world.sandbox.message(id)?.status).toBe('uploading');
			const last = await world.chunk(id, 2, '2:2', { 'mex-subject': 'Ignored' }, ' two');
			expect([last.status, last.json]).toEqual([202, { message_id: id }]);
			expect(world.sandbox.message(id)).toMatchObject({ status: 'accepted', subject: 'Kept', chunkCount: 2 });
			expect((await world.sandbox.content(id)).toString()).toBe('one two');
			expectGeneric(await world.chunk(id, 2, '2:2'), 423);
		}),
		row('of several last chunks at once one finalises; the others are 423 and leave its content alone', async (world) => {
			const id = await world.startUpload(2);
			const bodies = [...'abcdefgh'];
			// On connections that are open already, so that they arrive at once.
			await Promise.all(bodies.map(() => world.get('X26ABC1/count')));
			const replies = await Promise.all(bodies.map((body) => world.chunk(id, 2, '2:2', {}, body)));
			expect(replies.map(({ status }) => status).sort()).toEqual([202, ...Array<number>(7).fill(423)]);
			expect((await world.sandbox.content(id)).toString()).toBe(`one${bodies[replies.findIndex(({ status }) => status === 202)]}`);
			expect(world.sandbox.message(id)?.history.map(({ status }) => status)).toEqual(['uploading', 'accepted']);
		}),
		row('version 1 answers a chunk with messageID and blockID', async (world) => {
			const id = await world.startUpload(2);
			const { json } = await world.mesh.call({
				method: 'POST',
				path: `X26ABC1/outbox/${id}/2`,
				version: 1,
				headers: { 'mex-chunk-range': '2:2' },
				body: 'x',
			});
			expect(json).toEqual({ messageID: id, blockID: 2 });
		}),
		row('as the NHS sandbox: version 2 answers a chunk with null', async (world) => {
			world.switch({ answers: 'nhsSandbox' });
			const id = await world.startUpload(2);
			const reply = await world.chunk(id, 2, '2:2');
			expect([reply.status, reply.text, reply.headers['content-type']]).toEqual([202, 'null', 'application/json']);
		}),
		row('a single message may say 1:1', async (world) => {
			const id = await world.send({ 'mex-chunk-range': '1:1' });
			expect(world.sandbox.message(id)?.status).toBe('accepted');
		}),
		...[undefined, '', '2', '2-2', 'a:b', '0:2', '3:2', '1:2'].map((range) =>
			row(`chunk 2 with the range "${range ?? '(none)'}" is 417 with the message ID`, async (world) => {
				const id = await world.startUpload(2);
				expect(refusal(await world.chunk(id, 2, range))).toEqual({ ...RANGE, messageId: id });
			}),
		),
		...['2:2', '0:1', 'x', '1', '2:1'].map((range) =>
			row(`a first call with the range "${range}" is 417 without an ID`, async (world) =>
				expect(refusal(await world.post({ 'mex-chunk-range': range }))).toEqual(RANGE),
			),
		),
		row('a range has at most 20 characters', async (world) => {
			const id = await world.startUpload(2);
			expect(problems(await world.chunk(id, 2, `2:${'2'.repeat(20)}`))).toEqual(['header mex-chunk-range']);
		}),
		row('a chunk of an unknown message is 404 with empty codes', async (world) =>
			expectRefusal(await world.chunk('NONE', 2, '2:2'), 404, '', '', 'Not Found'),
		),
		row("a chunk of another sender's message is 403", async (world) => {
			const id = await world.startUpload(2);
			const reply = await world.mesh.call({
				method: 'POST',
				path: `X26ABC3/outbox/${id}/2`,
				headers: { 'mex-chunk-range': '2:2' },
				body: 'x',
			});
			expectRefusal(reply, 403, '', '', 'Forbidden');
		}),
		row('a chunk above the declared total is 406', async (world) =>
			expectGeneric(await world.chunk(await world.startUpload(2), 3, '3:3'), 406),
		),
		row('another encoding than that of chunk 1, or none, is 417 with empty codes', async (world) => {
			const packed = await world.startUpload(2, { 'content-encoding': 'gzip' });
			expectRefusal(await world.chunk(packed, 2, '2:2'), 417, '', '', 'cannot change content encoding');
			const plain = await world.startUpload(2);
			expectRefusal(await world.chunk(plain, 2, '2:2', { 'content-encoding': 'gzip' }), 417, '', '', 'cannot change content encoding');
		}),
		row('a chunk number that is none is a validation error', async (world) =>
			expect(problems(await world.chunk(await world.startUpload(2), 'two' as unknown as number, '2:2'))).toEqual(['path chunk_number']),
		),
		row('totals may differ, order does not matter, and chunks may be sent again: the last write wins', async (world) => {
			const id = await world.startUpload(4);
			expect((await world.chunk(id, 3, '3:9', {}, 'three')).status).toBe(202);
			expect((await world.chunk(id, 2, '2:4', {}, 'first try')).status).toBe(202);
			expect((await world.chunk(id, 2, '2:4', {}, 'two')).status).toBe(202);
			expect((await world.chunk(id, 1, '1:4', {}, 'ONE')).status).toBe(202);
			expect((await world.chunk(id, 4, '4:4', {}, 'four')).status).toBe(202);
			expect((await world.sandbox.content(id)).toString()).toBe('ONEtwothreefour');
		}),
		row('the first chunk may not be empty', async (world) =>
			expectRefusal(await world.post({ 'mex-chunk-range': '1:2' }, ''), 417, 'COLLECT', '02', 'Data file is missing or inaccessible.'),
		),
		row('a later chunk may be empty', async (world) => {
			const id = await world.startUpload(2);
			expect((await world.chunk(id, 2, '2:2', {}, '')).status).toBe(202);
			expect((await world.get(`X26ABC2/inbox/${id}/2`)).text).toBe('');
		}),
		row('the last chunk before the others delivers a message with holes, and late chunks are 423', async (world) => {
			const id = await world.startUpload(3);
			expect((await world.chunk(id, 3, '3:3')).status).toBe(202);
			expect(await world.mesh.list('X26ABC2')).toEqual([id]);
			expectGeneric(await world.chunk(id, 2, '2:3'), 423);
			expect((await world.get(`X26ABC2/inbox/${id}/2`)).status).toBe(404);
		}),
		row('or it is refused (a switch)', async (world) => {
			world.switch({ chunkHoles: 'refuse' });
			const id = await world.startUpload(3);
			expect(refusal(await world.chunk(id, 3, '3:3'))).toEqual({ ...RANGE, messageId: id });
			expect((await world.chunk(id, 2, '2:3')).status).toBe(202);
			expect((await world.chunk(id, 3, '3:3')).status).toBe(202);
		}),
		row('a chunk below 5 MB other than the last is accepted with a warning in the log', async (world) => {
			const id = await world.startUpload(2);
			await world.chunk(id, 2, '2:2');
			expect(world.sandbox.requests.map(({ warning }) => warning)).toEqual(['chunk 1 is below the minimum of 5000000 bytes', undefined]);
		}),
	],
};

import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { MeshClient } from '../../../nodes/Mesh/client';
import type { Fault } from '../../../sandbox';
import { bytesOf, failureOf, startWorld } from '../world';
import type { World } from '../world';

let world: World;
let client: MeshClient;
beforeAll(async () => {
	world = await startWorld();
	client = world.client('X26ABC2');
});
afterAll(async () => await world.close());
beforeEach(async () => {
	await world.reset();
	world.sandbox.behaviour.plainDownloads = 'asStored';
});

const CONTENT = 'what the sender wrote '.repeat(50);
const receive = async (messageId: string) => await bytesOf((await client.download(messageId)).body);
const put = async (content: string | Buffer[] = CONTENT, more: { gzip?: boolean; checksum?: string } = {}) =>
	await world.sandbox.putMessage({ to: 'X26ABC2', content, ...more });

/** An answer to a download, framed as given, with MESH's headers for a whole message unless they are replaced. */
const mesh = (
	body: string,
	more: Partial<Extract<Fault, { kind: 'foreignAnswer' }>> & { headers?: Record<string, string | string[]> } = {},
): Fault => ({
	kind: 'foreignAnswer',
	status: 200,
	body,
	...more,
	headers: { 'mex-messageid': 'ID1', 'mex-messagetype': 'DATA', 'mex-chunk-range': '1:1', ...more.headers },
});

describe('content that is cut by the end of the connection', () => {
	test.each<[string, Fault, string]>([
		['with neither length nor chunked coding', mesh(CONTENT.slice(0, 500), { framing: 'untilClose' }), 'MESH_INTEGRITY'],
		['with a length', mesh(CONTENT, { framing: 'length', cutAfter: 500 }), 'MESH_NETWORK'],
		['with chunked coding', mesh(CONTENT, { framing: 'chunked', cutAfter: 500 }), 'MESH_NETWORK'],
		[
			'with chunked coding on a connection that is to close',
			mesh(CONTENT, { framing: 'chunked', cutAfter: 500, headers: { connection: 'close' } }),
			'MESH_NETWORK',
		],
	])('%s is asked for again, and is never taken for the whole', async (_framing, fault, code) => {
		world.sandbox.arm({ call: 'download', times: 100, fault });
		const error = await failureOf(receive('ID1'));
		expect(error).toMatchObject({ messageId: 'ID1', temporary: true });
		expect([code, 'MESH_PROTOCOL']).toContain(error.code);
		expect(world.calls()).toEqual(['download 1', 'download 1', 'download 1', 'download 1']);
	});

	test('on a middle chunk is overcome by the next answer, and every byte comes once', async () => {
		const chunks = [Buffer.from('a'.repeat(2_000)), Buffer.from('b'.repeat(2_000)), Buffer.from('c')];
		const messageId = await put(chunks);
		world.sandbox.arm({ call: 'downloadChunk', chunk: 2, fault: { kind: 'truncate', bytes: 500, length: 'none' } });
		expect((await receive(messageId)).equals(Buffer.concat(chunks))).toBe(true);
	});

	test('is whole where the gzip stream says so', async () => {
		const messageId = await put(CONTENT, { gzip: true });
		world.sandbox.arm({ call: 'download', fault: { kind: 'truncate', bytes: 1_000_000, length: 'none' } });
		expect((await receive(messageId)).toString()).toBe(CONTENT);
	});

	test('is whole where the checksum of its sender says so, and damaged where it does not', async () => {
		const checksum = `sha256:${createHash('sha256').update(CONTENT).digest('hex')}`;
		world.sandbox.arm({ call: 'download', fault: mesh(CONTENT, { framing: 'untilClose', headers: { 'mex-content-checksum': checksum } }) });
		expect((await receive('ID1')).toString()).toBe(CONTENT);
		world.sandbox.arm({
			call: 'download',
			fault: mesh(CONTENT.slice(0, 500), { framing: 'untilClose', headers: { 'mex-content-checksum': checksum } }),
		});
		expect(await failureOf(receive('ID1'))).toMatchObject({ code: 'MESH_INTEGRITY', message: expect.stringContaining('checksum') });
	});
});

describe('an answer that contradicts itself or what was asked for', () => {
	test.each<[string, Fault]>([
		['content of 0 bytes', mesh('')],
		['content of 0 bytes that is called gzip', mesh('', { headers: { 'content-encoding': 'gzip' } })],
		['204', mesh('', { status: 204 })],
		['205', mesh('', { status: 205 })],
		['201 with content', mesh(CONTENT, { status: 201 })],
		['a part of the body', mesh(CONTENT, { status: 206, headers: { 'content-range': 'bytes 0-99/1000' } })],
		['two chunk ranges', mesh(CONTENT, { headers: { 'mex-chunk-range': ['1:1', '1:2'] } })],
		['two message IDs', mesh(CONTENT, { headers: { 'mex-messageid': ['ID1', 'ID2'] } })],
		['two message types', mesh(CONTENT, { headers: { 'mex-messagetype': ['DATA', 'REPORT'] } })],
		['two chunk counts', mesh(CONTENT, { headers: { 'mex-total-chunks': '3' } })],
		['two codings', mesh(CONTENT, { headers: { 'content-encoding': 'gzip, gzip' } })],
	])('%s is an integrity error', async (_what, fault) => {
		world.sandbox.arm({ call: 'download', times: 100, fault });
		expect(await failureOf(receive('ID1'))).toMatchObject({
			code: 'MESH_INTEGRITY',
			messageId: 'ID1',
			call: 'download the message',
			temporary: true,
		});
	});

	test.each<[string, Fault]>([
		['that is empty', mesh('', { headers: { 'mex-messageid': '', 'mex-chunk-range': '2:3' } })],
		['without a range', mesh('b', { headers: { 'mex-messageid': '', 'mex-chunk-range': '' } })],
		['with two ranges', mesh('b', { headers: { 'mex-messageid': '', 'mex-chunk-range': ['2:3', '3:3'] } })],
		['with the range of another', mesh('b', { headers: { 'mex-messageid': '', 'mex-chunk-range': '3:3' } })],
		['with another total', mesh('b', { headers: { 'mex-messageid': '', 'mex-chunk-range': '2:2' } })],
		['with 204', mesh('', { status: 204, headers: { 'mex-messageid': '', 'mex-chunk-range': '2:3' } })],
	])('a later chunk %s is an integrity error, and nothing is acknowledged', async (_what, fault) => {
		const messageId = await put([Buffer.from('a'), Buffer.from('b'), Buffer.from('c')]);
		world.sandbox.arm({ call: 'downloadChunk', chunk: 2, times: 100, fault });
		expect(await failureOf(receive(messageId))).toMatchObject({ code: 'MESH_INTEGRITY', messageId });
		expect(world.sandbox.inbox('X26ABC2')).toEqual([messageId]);
	});

	test('the same header twice is none', async () => {
		world.sandbox.arm({ call: 'download', fault: mesh(CONTENT, { headers: { 'mex-chunk-range': ['1:1', '1:1'] } }) });
		expect((await receive('ID1')).toString()).toBe(CONTENT);
	});
});

describe('gzip', () => {
	test('that was applied once more on the way is undone by asking without', async () => {
		// The proxy packs what is packed already: nothing of it is in the headers.
		world.sandbox.behaviour.plainDownloads = 'packed';
		const messageId = await put([gzipSync(CONTENT)], { gzip: true });
		expect(gunzipSync(await receive(messageId)).toString()).toBe(CONTENT);
		expect(world.sandbox.requests.map(({ headers }) => headers['accept-encoding'])).toEqual(['gzip', 'identity']);
	});

	test('of a packed file leaves the file as it is', async () => {
		const file = gzipSync(CONTENT);
		const messageId = await put([file]);
		world.sandbox.behaviour.plainDownloads = 'packed';
		expect((await receive(messageId)).equals(file)).toBe(true);
	});
});

test.each([
	['é as UTF-8', Buffer.from('caf\u00e9').toString('latin1'), 'caf\u00e9'],
	['é as Latin-1', 'caf\u00e9', 'caf\u00e9'],
	['€ as UTF-8', Buffer.from('5 \u20ac').toString('latin1'), '5 \u20ac'],
	['plain text', 'cafe', 'cafe'],
])('%s in a header is read as it was meant', async (_what, bytes, text) => {
	world.sandbox.arm({ call: 'download', fault: mesh('x', { headers: { 'mex-subject': bytes } }) });
	const message = await client.download('ID1');
	await bytesOf(message.body);
	expect(message.headers.subject).toBe(text);
});

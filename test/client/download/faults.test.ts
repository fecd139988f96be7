import { bufferSource } from '../../../nodes/Mesh/client';
import type { DownloadOptions, MeshClient } from '../../../nodes/Mesh/client';
import { randomBytes } from 'node:crypto';
import type { Fault } from '../../../sandbox';
import { bytesOf, failureOf, startWorld } from '../world';
import type { World } from '../world';

let world: World;
let client: MeshClient;
beforeAll(async () => {
	world = await startWorld();
	client = world.impatientClient('X26ABC2');
});
afterAll(async () => await world.close());
beforeEach(async () => {
	await world.reset();
	world.sandbox.behaviour.plainDownloads = 'asStored';
});

/** Large enough that a break in the middle comes after bytes were handed over. */
const CHUNK = 600_000;
const chunks = [randomBytes(CHUNK), randomBytes(CHUNK), randomBytes(CHUNK)];
const content = Buffer.concat(chunks);

async function receive(messageId: string, options?: DownloadOptions): Promise<Buffer> {
	return await bytesOf((await client.download(messageId, options)).body);
}

const broken: Array<[string, Fault]> = [
	['a reset before the answer', { kind: 'resetBeforeProcessing' }],
	['no answer', { kind: 'stall', where: 'beforeAnswer' }],
	['a late answer', { kind: 'lateAnswer', ms: 600_000 }],
	['503', { kind: 'status', status: 503 }],
	['429', { kind: 'status', status: 429 }],
	['500', { kind: 'xmlError' }],
	['502', { kind: 'status', status: 502 }],
	['a reset at the start of the content', { kind: 'resetInResponseBody', afterBytes: 1 }],
	['a reset in the middle of the content', { kind: 'resetInResponseBody', afterBytes: 400_000 }],
	['a connection closed in the middle', { kind: 'truncate', bytes: 400_000, length: 'kept' }],
	['a stall in the middle', { kind: 'stall', where: 'inResponseBody', afterBytes: 400_000 }],
];
const places: Array<[string, 'download' | 'downloadChunk', number]> = [
	['the first', 'download', 1],
	['a middle', 'downloadChunk', 2],
	['the last', 'downloadChunk', 3],
];

describe.each(places)('on %s chunk', (_which, call, chunk) => {
	describe.each([
		['plain', false],
		['gzipped', true],
	])('sent %s', (_how, gzip) => {
		test.each(broken)('%s is overcome, and every byte comes once', async (_what, fault) => {
			const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: chunks, gzip });
			world.sandbox.arm({ call, chunk, fault });
			expect((await receive(messageId)).equals(content)).toBe(true);
			expect(world.sandbox.message(messageId)?.status).toBe('accepted');
		});

		test('a fault that stays ends in an error, and the message stays in the inbox', async () => {
			const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: chunks, gzip });
			world.sandbox.arm({ call, chunk, times: 100, fault: { kind: 'resetInResponseBody', afterBytes: 400_000 } });
			expect(await failureOf(receive(messageId))).toMatchObject({ code: 'MESH_NETWORK', messageId, temporary: true });
			expect(world.sandbox.inbox('X26ABC2')).toEqual([messageId]);
		});

		test('another chunk in its place is noticed', async () => {
			const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: chunks, gzip });
			world.sandbox.arm({ call, chunk, fault: { kind: 'duplicateChunk' } });
			const error = await failureOf(receive(messageId));
			expect(error).toMatchObject({ code: 'MESH_INTEGRITY', messageId });
			expect(error.message).toMatch(/chunk \d/);
		});
	});

	test('a gzip stream cut short is fetched again, although its length was as announced', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: chunks, gzip: true });
		world.sandbox.arm({ call, chunk, fault: { kind: 'truncate', bytes: 450_000, length: 'adjusted' } });
		expect((await receive(messageId)).equals(content)).toBe(true);
	});

	test('a gzip stream that stays damaged is an error of integrity', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: chunks, gzip: true });
		world.sandbox.arm({ call, chunk, times: 100, fault: { kind: 'truncate', bytes: 450_000, length: 'adjusted' } });
		expect(await failureOf(receive(messageId))).toMatchObject({ code: 'MESH_INTEGRITY', networkCode: 'Z_BUF_ERROR' });
	});
});

test('chunks that come ahead and break while they wait are fetched again', async () => {
	const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: chunks });
	world.sandbox.arm({ call: 'downloadChunk', times: 2, fault: { kind: 'resetInResponseBody', afterBytes: 300_000 } });
	expect((await receive(messageId, { readAhead: 4 })).equals(content)).toBe(true);
});

test.each([0, 1, 3, 50])('reading %d chunks ahead gives the same bytes in the same order', async (readAhead) => {
	const parts = Array.from({ length: 12 }, (_, at) => Buffer.from(`chunk ${at};`));
	const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: parts });
	expect((await receive(messageId, { readAhead })).toString()).toBe(Buffer.concat(parts).toString());
	expect(world.calls()).toHaveLength(12);
});

describe('headers that do not agree', () => {
	const wrong = async (call: 'download' | 'downloadChunk', chunk: number, headers: Record<string, string>) => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: ['one', 'two', 'three'] });
		world.sandbox.arm({ call, chunk, times: 9, fault: { kind: 'wrongHeader', headers } });
		return await failureOf(receive(messageId));
	};

	test.each<[string, 'download' | 'downloadChunk', number, Record<string, string>]>([
		['a total that changes', 'downloadChunk', 2, { 'mex-chunk-range': '2:4' }],
		['another chunk number', 'downloadChunk', 2, { 'mex-chunk-range': '3:3' }],
		['a first chunk that is not the first', 'download', 1, { 'mex-chunk-range': '2:3' }],
		['a range that cannot be read', 'download', 1, { 'mex-chunk-range': 'all' }],
		['more to come without saying how much', 'download', 1, { 'mex-chunk-range': '' }],
		['more to come after the last', 'downloadChunk', 2, { 'mex-chunk-range': '2:99' }],
		['another message', 'download', 1, { 'mex-messageid': 'OTHER' }],
	])('%s is an error of integrity', async (_what, call, chunk, headers) => {
		expect(await wrong(call, chunk, headers)).toMatchObject({ code: 'MESH_INTEGRITY' });
	});

	test('an encoding that was not asked for is not passed on as content', async () => {
		expect(await wrong('download', 1, { 'content-encoding': 'br' })).toMatchObject({ code: 'MESH_PROTOCOL' });
	});

	test('plain content labelled gzip is not passed on as content', async () => {
		expect(await wrong('download', 1, { 'content-encoding': 'gzip' })).toMatchObject({ code: 'MESH_INTEGRITY' });
	});

	test('a range in braces, as some have seen it, is read', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: ['one', 'two'] });
		world.sandbox.arm({ call: 'download', fault: { kind: 'wrongHeader', headers: { 'mex-chunk-range': '{1:2}' } } });
		expect((await receive(messageId)).toString()).toBe('onetwo');
	});
});

describe('limits of the user', () => {
	test('on the size end the download as soon as they are passed', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: chunks });
		expect((await receive(messageId, { limits: { maxBytes: content.length } })).length).toBe(content.length);
		const error = await failureOf(receive(messageId, { limits: { maxBytes: content.length - 1 } }));
		expect(error).toMatchObject({ code: 'MESH_LIMIT', messageId, temporary: false });
	});

	test('on the size end it before anything is read where the size is known', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: 'ten bytes.' });
		expect(await failureOf(client.download(messageId, { limits: { maxBytes: 9 } }))).toMatchObject({ code: 'MESH_LIMIT' });
	});

	test('on the number of chunks are checked with the first', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: ['a', 'b', 'c'] });
		expect(await failureOf(client.download(messageId, { limits: { maxChunks: 2 } }))).toMatchObject({ code: 'MESH_LIMIT' });
		expect((await receive(messageId, { limits: { maxChunks: 3 } })).toString()).toBe('abc');
	});

	test('on compression stop a bomb long before it has unfolded', async () => {
		const bomb = Buffer.alloc(64 * 1024 * 1024);
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: bomb, gzip: true });
		let bytes = 0;
		const reading = (async () => {
			const { body } = await client.download(messageId, { limits: { maxCompressionRatio: 100 } });
			for await (const piece of body) bytes += (piece as Buffer).length;
		})();
		expect(await failureOf(reading)).toMatchObject({ code: 'MESH_LIMIT' });
		expect(bytes).toBeLessThan(16 * 1024 * 1024);
		expect((await receive(messageId)).length).toBe(bomb.length);
	});
});

test('a message can be left unread and its connection used again', async () => {
	const before = world.sandbox.connections.open;
	const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: chunks });
	for (let time = 0; time < 12; time++) {
		const message = await client.download(messageId);
		await message.discard();
		await message.discard();
	}
	await client.countMessages();
	expect(world.sandbox.connections.open).toBeLessThanOrEqual(Math.max(8, before));
});

test('a reader that stops in the middle ends the download', async () => {
	const messageId = await world.sandbox.putMessage({ to: 'X26ABC2', content: chunks });
	for (let time = 0; time < 12; time++) {
		for await (const piece of (await client.download(messageId)).body) {
			expect((piece as Buffer).length).toBeGreaterThan(0);
			break;
		}
	}
	expect(await client.countMessages()).toBe(1);
});

test('a message sent by this client in chunks of a few bytes is received as sent, with faults on every third answer', async () => {
	const text = Buffer.from('The quick brown fox jumps over the lazy dog'.repeat(4));
	const sender = world.client('X26ABC1');
	for (const call of ['sendChunk', 'downloadChunk'] as const) {
		for (let skip = 2; skip < 50; skip += 3) world.sandbox.arm({ call, chunk: skip, fault: { kind: 'resetBeforeProcessing' } });
	}
	const { messageId } = await sender.send(
		{ to: 'X26ABC2', workflowId: 'WF', source: bufferSource(text) },
		{ chunkSize: 4, compression: 'always' },
	);
	expect((await receive(messageId)).equals(text)).toBe(true);
});

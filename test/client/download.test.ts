import fc from 'fast-check';
import { createHash, randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { bufferSource } from '../../nodes/Mesh/client';
import type { DownloadOptions, MeshClient } from '../../nodes/Mesh/client';
import type { Fault } from '../../sandbox';
import { DeliveredPart } from '../../nodes/Mesh/client/download/chunk';
import { bytesOf, failureOf, useWorld } from './world';
import type { World } from './world';
import { cases } from '../support/cases';

let world: World;
let client: MeshClient;
useWorld((started) => {
	world = started;
	client = started.impatientClient('X26ABC2');
});
beforeEach(() => {
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

describe('how content and its gzip end', () => {
	let client: MeshClient;
	beforeAll(() => (client = world.client('X26ABC2')));

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
			world.sandbox.arm({
				call: 'download',
				fault: mesh(CONTENT, { framing: 'untilClose', headers: { 'mex-content-checksum': checksum } }),
			});
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
});

describe('the part that was delivered before a break', () => {
	/** Cut into pieces of the given sizes, the rest in one. */
	function cut(bytes: Buffer, sizes: number[]): Buffer[] {
		const pieces: Buffer[] = [];
		let at = 0;
		for (const size of sizes) pieces.push(bytes.subarray(at, (at += size)));
		return [...pieces, bytes.subarray(at)].filter(({ length }) => length > 0);
	}

	const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 9_000 })), { maxLength: 12 });

	function agrees(delivered: DeliveredPart, pieces: Buffer[]): boolean {
		let position = 0;
		return pieces.every((piece) => {
			const fine = delivered.agreesWith(piece, position);
			position += piece.length;
			return fine;
		});
	}

	test('the same bytes agree, however they are cut, and so does what comes after them', () => {
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 1, maxLength: 20_000 }), sizes, sizes, fc.nat(), (raw, ways, otherWays, share) => {
				const bytes = Buffer.from(raw);
				const delivered = new DeliveredPart();
				for (const piece of cut(bytes.subarray(0, share % (bytes.length + 1)), ways)) delivered.add(piece);
				return delivered.bytes === share % (bytes.length + 1) && agrees(delivered, cut(bytes, otherWays));
			}),
			{ numRuns: cases(2_000) },
		);
	});

	test('one byte that differs within the last 4 KiB of what was delivered is noticed', () => {
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 1, maxLength: 20_000 }), sizes, sizes, fc.nat(4_095), (raw, ways, otherWays, back) => {
				const bytes = Buffer.from(raw);
				const delivered = new DeliveredPart();
				for (const piece of cut(bytes, ways)) delivered.add(piece);
				const other = Buffer.from(bytes);
				other[Math.max(0, bytes.length - 1 - back)] ^= 1;
				return !agrees(delivered, cut(other, otherWays));
			}),
			{ numRuns: cases(2_000) },
		);
	});
});

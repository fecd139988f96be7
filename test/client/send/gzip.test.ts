import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { bufferSource } from '../../../nodes/Mesh/client';
import type { OutgoingMessage } from '../../../nodes/Mesh/client';
import { gzipRange, shouldCompress } from '../../../nodes/Mesh/client/send/gzip';
import { failureOf } from '../world';

const MIB = 1024 * 1024;
const options = { level: 6, call: 'send the message' };

async function gzipped(bytes: Buffer, start = 0, end = bytes.length, level = 6): Promise<Buffer> {
	const { pieces, length } = await gzipRange(bufferSource(bytes), start, end, { ...options, level });
	const joined = Buffer.concat(pieces);
	expect(joined.length).toBe(length);
	return joined;
}

describe('a range compressed in blocks', () => {
	const text = Buffer.from(Array.from({ length: 200_000 }, (_, row) => `${row},Smith,1955-01-09,positive\n`).join(''));

	test.each([1, 1_000, MIB - 1, MIB, MIB + 1, 3 * MIB + 12_345])('is one gzip stream of exactly the %d bytes', async (size) => {
		const bytes = text.subarray(0, size);
		expect(gunzipSync(await gzipped(bytes)).equals(bytes)).toBe(true);
	});

	test('holds random bytes unchanged, with an overhead that leaves a chunk below the limit of a request', async () => {
		const bytes = randomBytes(3 * MIB);
		const result = await gzipped(bytes);
		expect(gunzipSync(result).equals(bytes)).toBe(true);
		expect(result.length).toBeLessThan(bytes.length * 1.0009);
	});

	test('is hardly longer than when compressed in one go, as each block knows the end of the one before', async () => {
		expect((await gzipped(text)).length).toBeLessThan(gzipSync(text, { level: 6 }).length * 1.01);
	});

	test('is any range and level that is asked for', async () => {
		await fc.assert(
			fc.asyncProperty(fc.nat(5_000), fc.integer({ min: 1, max: 5_000 }), fc.integer({ min: 1, max: 9 }), async (start, size, level) => {
				expect(gunzipSync(await gzipped(text, start, start + size, level)).equals(text.subarray(start, start + size))).toBe(true);
			}),
			{ numRuns: 100 },
		);
	});

	test('ends at once when it is cancelled', async () => {
		const stop = new AbortController();
		const work = gzipRange(bufferSource(randomBytes(20 * MIB)), 0, 20 * MIB, { ...options, signal: stop.signal });
		stop.abort();
		expect(await failureOf(work)).toMatchObject({ code: 'MESH_ABORTED' });
	});

	test('fails as the source fails, and not as if the network had', async () => {
		const source = {
			size: 10,
			async *read() {
				yield Buffer.from('abc');
			},
		};
		expect(await failureOf(gzipRange(source, 0, 10, options))).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'source' });
	});
});

const text = bufferSource(Buffer.from('a,b,c\n'.repeat(20_000)));
const random = bufferSource(randomBytes(100_000));
const message = (changes: Partial<OutgoingMessage>): OutgoingMessage => ({ to: 'A', workflowId: 'W', source: text, ...changes });

describe('whether to compress', () => {
	test('is decided by a sample where the type says nothing', async () => {
		expect(await shouldCompress(message({}))).toBe(true);
		expect(await shouldCompress(message({ contentType: 'text/csv' }))).toBe(true);
		expect(await shouldCompress(message({ source: random }))).toBe(false);
		expect(await shouldCompress(message({ source: random, contentType: 'text/csv' }))).toBe(false);
	});

	test.each([
		'image/jpeg',
		'IMAGE/PNG',
		'video/mp4',
		'audio/mpeg',
		'application/zip',
		'application/gzip',
		'application/x-7z-compressed',
		'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
	])('is no for %s, without reading anything', async (contentType) => {
		const unread = {
			size: 100_000,
			read: () => {
				throw new Error('read');
			},
		};
		expect(await shouldCompress(message({ contentType, source: unread }))).toBe(false);
	});

	test.each(['image/svg+xml', 'image/bmp', 'audio/wav', 'application/json'])('is left to the sample for %s', async (contentType) => {
		expect(await shouldCompress(message({ contentType }))).toBe(true);
	});

	test('is no for what the sender calls compressed or encrypted, and for what is tiny', async () => {
		expect(await shouldCompress(message({ contentCompressed: true }))).toBe(false);
		expect(await shouldCompress(message({ contentEncrypted: true }))).toBe(false);
		expect(await shouldCompress(message({ source: bufferSource(Buffer.alloc(4_095)) }))).toBe(false);
		expect(await shouldCompress(message({ source: bufferSource(Buffer.alloc(4_096)) }))).toBe(true);
	});

	test('is as the user says otherwise', async () => {
		expect(await shouldCompress(message({ source: random }), 'always')).toBe(true);
		expect(await shouldCompress(message({}), 'never')).toBe(false);
	});
});

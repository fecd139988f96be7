import fc from 'fast-check';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { bufferSource, digestOf, fileSource, streamSource } from '../../nodes/Mesh/client';
import type { MessageSource } from '../../nodes/Mesh/client';
import { sourcePieces } from '../../nodes/Mesh/client/sources';
import { failureOf } from './world';

const bytes = randomBytes(1_300_000);
let folder: string;
let file: string;
let opened = 0;
const inPieces = (size: number) => () => {
	opened++;
	return Readable.from(
		(function* () {
			for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
		})(),
	);
};

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'mesh-sources-'));
	file = join(folder, 'content');
	await writeFile(file, bytes);
});
afterAll(async () => await rm(folder, { recursive: true }));
beforeEach(() => (opened = 0));

async function range(source: MessageSource, start: number, end: number): Promise<Buffer> {
	const pieces: Buffer[] = [];
	for await (const piece of sourcePieces(source, start, end)) pieces.push(Buffer.from(piece));
	return Buffer.concat(pieces);
}

const sources: Array<[string, () => Promise<MessageSource> | MessageSource]> = [
	['memory', () => bufferSource(bytes)],
	['a file', async () => await fileSource(file)],
	['a stream in large pieces', () => streamSource(inPieces(300_000), bytes.length)],
	['a stream in small pieces', () => streamSource(inPieces(999), bytes.length)],
	['a stream that is opened later', () => streamSource(async () => inPieces(65_536)(), bytes.length)],
];

describe.each(sources)('content from %s', (_kind, make) => {
	test('gives any range, again and again, in any order', async () => {
		const source = await make();
		const bound = fc.nat(bytes.length);
		await fc.assert(
			fc.asyncProperty(bound, bound, async (one, other) => {
				const [start, end] = [Math.min(one, other), Math.max(one, other)];
				expect((await range(source, start, end)).equals(bytes.subarray(start, end))).toBe(true);
			}),
			{ numRuns: 40 },
		);
	});

	test('can be left in the middle of a range and read again from its start, as a retry does', async () => {
		const source = await make();
		for await (const piece of source.read(100_000, 900_000)) {
			expect(piece.length).toBeGreaterThan(0);
			break;
		}
		expect((await range(source, 100_000, 900_000)).equals(bytes.subarray(100_000, 900_000))).toBe(true);
	});

	test('has the digest that a receiver will compare', async () => {
		expect(await digestOf(await make(), 'sha256')).toBe(createHash('sha256').update(bytes).digest('hex'));
	});
});

describe('content from a stream', () => {
	test('is opened once for a sample and all chunks in order, as reopening can mean a download from a store', async () => {
		const source = streamSource(inPieces(50_000), bytes.length);
		await range(source, 0, 65_536);
		for (let start = 0; start < bytes.length; start += 130_000) {
			const end = Math.min(bytes.length, start + 130_000);
			expect((await range(source, start, end)).equals(bytes.subarray(start, end))).toBe(true);
		}
		expect(opened).toBe(1);
	});

	test('is opened anew for a retry only', async () => {
		const source = streamSource(inPieces(50_000), bytes.length);
		await range(source, 0, 400_000);
		await range(source, 200_000, 400_000);
		await range(source, 400_000, 600_000);
		expect(opened).toBe(2);
	});

	test('lets go of its stream when it is closed', async () => {
		const stream = inPieces(50_000)();
		const source = streamSource(() => stream, bytes.length);
		await range(source, 0, 70_000);
		source.close();
		expect(stream.destroyed).toBe(true);
	});

	test('that ends early, goes on too long or breaks is a fault of the content', async () => {
		const short = streamSource(inPieces(50_000), bytes.length + 1);
		expect(await failureOf(range(short, 0, bytes.length + 1))).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'source' });
		const long: MessageSource = {
			size: 2,
			async *read() {
				yield Buffer.from('abc');
			},
		};
		expect(await failureOf(range(long, 0, 2))).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'source' });
		const broken = streamSource(
			() =>
				Readable.from(
					(async function* () {
						yield Buffer.from('a');
						throw Object.assign(new Error('disk text'), { code: 'EIO' });
					})(),
				),
			10,
		);
		const error = await failureOf(range(broken, 0, 10));
		expect(error).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'source', networkCode: 'EIO' });
		expect(error.message).not.toContain('disk text');
	});

	test('of text is read as UTF-8', async () => {
		const source = streamSource(() => Readable.from(['née', ' Müller']), Buffer.byteLength('née Müller'));
		expect((await range(source, 0, source.size)).toString()).toBe('née Müller');
	});
});

test('a file that becomes shorter while it is sent is noticed', async () => {
	const path = join(folder, 'shrinking');
	await writeFile(path, bytes);
	const source = await fileSource(path);
	await truncate(path, 1_000);
	expect(await failureOf(range(source, 0, source.size))).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'source' });
});

test('a file that is not there is told by the code of the system', async () => {
	await expect(fileSource(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'ENOENT' });
});

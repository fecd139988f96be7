import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, gzip } from 'node:zlib';
import type { ZlibOptions } from 'node:zlib';
import { throwIfAborted } from '../errors';
import { sourcePieces } from '../sources';
import type { MessageSource } from '../sources';
import type { SendOptions } from './chunkPlan';
import type { OutgoingMessage } from './headers';

/** One complete gzip stream, in pieces. */
export interface GzippedRange {
	pieces: Buffer[];
	length: number;
}

const BLOCK_BYTES = 1024 * 1024;
const WINDOW_BYTES = 32 * 1024;
/** Node's thread pool has four threads, and n8n needs it too. */
const BLOCKS_AT_ONCE = Math.min(4, Math.max(2, availableParallelism()));
/** RFC 1952: deflate, no name, no time, unknown system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
/** An empty last deflate block, after blocks that all end on a byte boundary. */
const LAST_BLOCK = Buffer.from([0x03, 0x00]);

const deflate = promisify<Buffer, ZlibOptions, Buffer>(deflateRaw);

/**
 * Compresses a range into one gzip stream, several blocks at once: deflate blocks are made independently, each with the
 * window of the one before as its dictionary, and joined behind one header. So every core is used while the source is read
 * once, in order, with a few megabytes of memory.
 */
export async function gzipRange(
	source: MessageSource,
	start: number,
	end: number,
	{ level, signal, call }: { level: number; signal?: AbortSignal; call: string },
): Promise<GzippedRange> {
	const pieces: Buffer[] = [HEADER];
	const running: Array<Promise<void>> = [];
	let failure: Error | undefined;
	let checksum = 0;
	let blocks = 0;
	let window: Buffer | undefined;
	for await (const block of blocksOf(source, start, end)) {
		throwIfAborted(call, signal);
		if (failure) break;
		checksum = crc32(block, checksum);
		const at = ++blocks;
		const dictionary = window;
		window = Buffer.from(block.subarray(Math.max(0, block.length - WINDOW_BYTES)));
		running.push(
			deflate(block, { level, dictionary, chunkSize: BLOCK_BYTES / 2, finishFlush: constants.Z_SYNC_FLUSH }).then(
				// Copied to its exact size: what zlib hands out is a part of a larger buffer.
				(bytes) => void (pieces[at] = Buffer.from(bytes)),
				(error: Error) => void (failure ??= error),
			),
		);
		if (running.length >= BLOCKS_AT_ONCE) await running.shift();
	}
	await Promise.all(running);
	throwIfAborted(call, signal);
	if (failure) throw failure;
	pieces.push(LAST_BLOCK, trailer(checksum, end - start));
	return { pieces, length: pieces.reduce((sum, piece) => sum + piece.length, 0) };
}

function trailer(checksum: number, size: number): Buffer {
	const bytes = Buffer.alloc(8);
	bytes.writeUInt32LE(checksum >>> 0, 0);
	bytes.writeUInt32LE(size % 2 ** 32, 4);
	return bytes;
}

/** The range in blocks of their own memory, as several are worked on at once. */
async function* blocksOf(source: MessageSource, start: number, end: number): AsyncGenerator<Buffer, void, void> {
	let rest = end - start;
	let block = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, rest));
	let filled = 0;
	for await (const piece of sourcePieces(source, start, end)) {
		for (let at = 0; at < piece.length; ) {
			const part = piece.subarray(at, at + block.length - filled);
			block.set(part, filled);
			filled += part.length;
			at += part.length;
			if (filled === block.length) {
				yield block;
				rest -= filled;
				block = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, rest));
				filled = 0;
			}
		}
	}
}

/** Below this, gzip saves two packets at most, and trying it takes longer than sending the message (measured: twice as long). */
const WORTHWHILE_BYTES = 4 * 1024;
const SAMPLE_BYTES = 64 * 1024;
/** A sample that does not shrink to this is as good as incompressible. */
const WORTHWHILE_RATIO = 0.9;

const gzipSample = promisify<Uint8Array, ZlibOptions, Buffer>(gzip);

/** Content types that are compressed by their nature. */
const COMPRESSED_TYPES = [
	/^image\/(?!svg|bmp|tiff|x-ms-bmp|vnd\.adobe\.photoshop|x-portable)/,
	/^(audio|video)\/(?!wav|x-wav|l16|basic|midi)/,
	/^application\/(gzip|x-gzip|zip|x-zip-compressed|zstd|x-bzip2?|x-xz|x-lzma|x-7z-compressed|x-rar-compressed|vnd\.rar|epub\+zip|java-archive)\b/,
	/^application\/vnd\.openxmlformats-officedocument\./,
	/^application\/vnd\.oasis\.opendocument\./,
	/^application\/(pgp-encrypted|pkcs7-mime|x-pkcs7-mime)\b/,
];

/**
 * Whether to gzip the chunks. `auto`: not what is compressed or encrypted by its type or by the sender's word, not what is
 * tiny, and otherwise what a sample of the beginning shows to shrink.
 */
export async function shouldCompress(message: OutgoingMessage, compression: SendOptions['compression'] = 'auto'): Promise<boolean> {
	if (compression !== 'auto') return compression === 'always';
	const { source, contentType, contentCompressed, contentEncrypted } = message;
	if (contentCompressed || contentEncrypted || source.size < WORTHWHILE_BYTES) return false;
	const type = contentType?.trim().toLowerCase() ?? '';
	if (COMPRESSED_TYPES.some((pattern) => pattern.test(type))) return false;
	const sample = await readSample(message);
	const { length } = await gzipSample(sample, { level: 1, memLevel: 6 });
	return length < sample.length * WORTHWHILE_RATIO;
}

async function readSample({ source }: OutgoingMessage): Promise<Buffer> {
	const pieces: Buffer[] = [];
	for await (const piece of sourcePieces(source, 0, Math.min(SAMPLE_BYTES, source.size))) pieces.push(Buffer.from(piece));
	return Buffer.concat(pieces);
}

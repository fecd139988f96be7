import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ZlibOptions } from 'node:zlib';
import { sourcePieces } from '../sources/sourcePieces';
import type { OutgoingMessage, SendOptions } from '../types';

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

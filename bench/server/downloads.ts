import type { ServerResponse } from 'node:http';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { Content } from './content';
import type { StoredMessage } from './control';

const SLICE_BYTES = 256 * 1024;
const GZIP_LEVEL = 6;

/** Gzipped chunks by their place in the content's period: equal chunks are compressed once and kept. */
const compressed = new Map<string, Buffer>();

function gzippedChunk(message: StoredMessage, start: number, end: number): Buffer {
	const content = Content.of(message.content);
	const key = `${message.content}:${start % content.period}:${end - start}`;
	let chunk = compressed.get(key);
	if (chunk === undefined) {
		chunk = gzipSync(content.copy(start, end), { level: GZIP_LEVEL });
		compressed.set(key, chunk);
	}
	return chunk;
}

export const chunkCount = (message: StoredMessage): number => Math.max(1, Math.ceil(message.bytes / message.chunkBytes));

/** Compresses what downloads of this message will need, so that no download waits for it. */
export function prepare(message: StoredMessage): void {
	if (!message.gzip) return;
	for (let chunk = 1; chunk <= chunkCount(message); chunk++) gzippedChunk(message, ...rangeOf(message, chunk));
}

function rangeOf(message: StoredMessage, chunk: number): [number, number] {
	const start = (chunk - 1) * message.chunkBytes;
	return [start, Math.min(start + message.chunkBytes, message.bytes)];
}

/**
 * Answers with one chunk (MESH API, download message): 206 while more follow.
 * @returns the bytes of the body
 */
export async function serveChunk(message: StoredMessage, chunk: number, acceptsGzip: boolean, response: ServerResponse): Promise<number> {
	const chunks = chunkCount(message);
	const [start, end] = rangeOf(message, chunk);
	const gzipped = message.gzip && acceptsGzip ? gzippedChunk(message, start, end) : undefined;
	const length = gzipped?.length ?? end - start;
	response.writeHead(chunk < chunks ? 206 : 200, {
		'content-type': 'application/octet-stream',
		'content-length': length,
		...(gzipped ? { 'content-encoding': 'gzip', 'mex-content-compressed': 'Y' } : {}),
		'mex-messageid': message.messageId,
		'mex-messagetype': 'DATA',
		'mex-from': 'BENCH002',
		'mex-to': 'BENCH001',
		'mex-workflowid': 'BENCHMARK',
		'mex-filename': `${message.messageId}.dat`,
		'mex-chunk-range': `${chunk}:${chunks}`,
		'mex-total-chunks': String(chunks),
		'mex-statuscode': '00',
		'mex-statusevent': 'TRANSFER',
		'mex-statussuccess': 'SUCCESS',
	});
	for (const slice of gzipped ? slices(gzipped) : Content.of(message.content).views(start, end, SLICE_BYTES)) {
		if (!response.write(slice) && !response.destroyed) await once(response, 'drain');
		if (response.destroyed) return length;
	}
	response.end();
	return length;
}

function* slices(bytes: Buffer): Generator<Buffer, void, void> {
	for (let offset = 0; offset < bytes.length; offset += SLICE_BYTES) yield bytes.subarray(offset, offset + SLICE_BYTES);
}

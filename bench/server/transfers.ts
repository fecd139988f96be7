import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Content } from './content';
import type { ExpectedUpload, StoredMessage } from './control';

/** A chunked upload under way, seen from outside: only where it stands. */
interface Upload {
	chunks: number;
	nextChunk: number;
	plainBytes: number;
}

interface ReceivedChunk {
	messageId: string;
	/** Bytes as transmitted. */
	bytes: number;
	complete: boolean;
	fault?: string;
}

/** Takes uploads and throws the bytes away, but keeps an eye on order and completeness (MESH API, chunked sending). */
export class Uploads {
	private readonly open = new Map<string, Upload>();
	private count = 0;

	/** `expected` is what every message should be. */
	async take(request: IncomingMessage, messageId: string | undefined, chunk: number, expected?: ExpectedUpload): Promise<ReceivedChunk> {
		const [first, total] = ((request.headers['mex-chunk-range'] as string | undefined) ?? '1:1').split(':').map(Number);
		const id = messageId ?? `20250101000000${String(++this.count).padStart(6, '0')}_BE7C40`;
		const upload = messageId === undefined ? { chunks: total, nextChunk: 1, plainBytes: 0 } : this.open.get(id);
		const parts: Buffer[] = [];
		let bytes = 0;
		for await (const part of request as AsyncIterable<Buffer>) {
			bytes += part.length;
			if (expected) parts.push(part);
		}
		if (upload === undefined) return { messageId: id, bytes, complete: false, fault: 'chunk of a message that is not being uploaded' };
		const fault =
			faultOf(upload, first, total, chunk, bytes) ?? (expected ? contentFault(request, upload, Buffer.concat(parts), expected) : undefined);
		upload.nextChunk++;
		const complete = chunk === upload.chunks;
		if (complete) this.open.delete(id);
		else this.open.set(id, upload);
		return { messageId: id, bytes, complete, fault };
	}
}

function faultOf(upload: Upload, first: number, total: number, chunk: number, bytes: number): string | undefined {
	if (first !== chunk || total !== upload.chunks) return `chunk range ${first}:${total} on chunk ${chunk} of ${upload.chunks}`;
	if (chunk !== upload.nextChunk) return `chunk ${chunk} arrived when ${upload.nextChunk} was due`;
	return bytes === 0 ? 'empty body' : undefined;
}

function contentFault(request: IncomingMessage, upload: Upload, body: Buffer, { content, bytes }: ExpectedUpload): string | undefined {
	const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
	const offset = upload.plainBytes;
	upload.plainBytes += plain.length;
	if (!Content.of(content).matches(offset, plain)) return `content differs in the ${plain.length} bytes from ${offset} on`;
	const isLast = upload.nextChunk === upload.chunks;
	return isLast && upload.plainBytes !== bytes ? `${upload.plainBytes} bytes of content instead of ${bytes}` : undefined;
}

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

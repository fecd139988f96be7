import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { Content } from './content';
import type { ExpectedUpload } from './control';

/** A chunked upload under way, seen from outside: only where it stands. */
interface Upload {
	chunks: number;
	nextChunk: number;
	plainBytes: number;
}

export interface ReceivedChunk {
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
		const [first, total] = (request.headers['mex-chunk-range'] as string | undefined ?? '1:1').split(':').map(Number);
		const id = messageId ?? `20250101000000${String(++this.count).padStart(6, '0')}_BE7C40`;
		const upload = messageId === undefined ? { chunks: total, nextChunk: 1, plainBytes: 0 } : this.open.get(id);
		const parts: Buffer[] = [];
		let bytes = 0;
		for await (const part of request as AsyncIterable<Buffer>) {
			bytes += part.length;
			if (expected) parts.push(part);
		}
		if (upload === undefined) return { messageId: id, bytes, complete: false, fault: 'chunk of a message that is not being uploaded' };
		const fault = faultOf(upload, first, total, chunk, bytes)
			?? (expected ? contentFault(request, upload, Buffer.concat(parts), expected) : undefined);
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

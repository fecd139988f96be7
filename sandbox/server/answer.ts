import { Readable } from 'node:stream';
import type { HeaderLines } from '../contract/faults';

/** What a route answers; faults may still change it before it is sent. */
export interface Answer {
	status: number;
	/** Lower-case names. */
	headers: HeaderLines;
	body?: string | Buffer | StreamedBody;
	/** `none`: neither length nor chunked coding, the connection's end ends the body. */
	framing?: 'none';
	/** Whether a `100 Continue` goes before it, asked for or not. */
	continueFirst?: boolean;
	/** Not from MESH: without the headers that all of MESH's answers have. */
	isForeign?: boolean;
}

/** A body too large to hold in memory. */
export interface StreamedBody {
	stream: Readable;
	/** Bytes, where known beforehand. */
	length?: number;
}

/** Whether a body is streamed. */
export const isStreamed = (body: Answer['body']): body is StreamedBody => typeof body === 'object' && !Buffer.isBuffer(body);

/** Size of a body, where it is known. */
export function lengthOf(body: Answer['body']): number | undefined {
	if (body === undefined) return 0;
	return isStreamed(body) ? body.length : Buffer.byteLength(body);
}

/** A body as a stream, unless there is none. */
export function wholeBody(body: Answer['body']): Answer['body'] {
	if (body === undefined || isStreamed(body)) return body;
	return { stream: Readable.from([Buffer.from(body)], { objectMode: false }), length: lengthOf(body) };
}

/** An answer without a body. */
export const emptyAnswer = (status = 200): Answer => ({ status, headers: {} });

/** A JSON answer of plain media type. */
export const jsonAnswer = (body: unknown, status = 200, contentType = 'application/json'): Answer => ({
	status,
	headers: { 'content-type': contentType },
	body: JSON.stringify(body),
});

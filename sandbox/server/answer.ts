import type { Readable } from 'node:stream';

/** What a route answers; faults may still change it before it is sent. */
export interface Answer {
	status: number;
	/** Lower-case names. */
	headers: Record<string, string>;
	body?: string | Buffer | StreamedBody;
}

/** A body too large to hold in memory. */
export interface StreamedBody {
	stream: Readable;
	/** Bytes, where known beforehand. */
	length?: number;
}

/** Whether a body is streamed. */
export const isStreamed = (body: Answer['body']): body is StreamedBody => typeof body === 'object' && !Buffer.isBuffer(body);

/** An answer without a body. */
export const emptyAnswer = (status = 200): Answer => ({ status, headers: {} });

/** A JSON answer of plain media type. */
export const jsonAnswer = (body: unknown, status = 200, contentType = 'application/json'): Answer => ({
	status,
	headers: { 'content-type': contentType },
	body: JSON.stringify(body),
});

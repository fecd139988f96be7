import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { isStreamed, type Answer, type StreamedBody } from '../server/answer';
import { untilGone, untilSent } from './pauses';

/** Size of a body, where it is known. */
export function lengthOf(body: Answer['body']): number | undefined {
	if (body === undefined) return 0;
	return isStreamed(body) ? body.length : Buffer.byteLength(body);
}

/**
 * The first `bytes` of a body, then whatever `then` does: a stall, a reset, a close, or nothing.
 * At least the last byte is always kept back, so that the cut shows however short the body is.
 */
export function cutBody(body: Answer['body'], bytes: number, then: () => Promise<void>): StreamedBody {
	const length = lengthOf(body);
	const limit = length === undefined ? bytes : Math.min(bytes, Math.max(0, length - 1));
	const blocks: AsyncIterable<Buffer> | Iterable<Buffer> = isStreamed(body) ? body.stream : [Buffer.from(body ?? '')];
	const cut = async function* () {
		let left = limit;
		for await (const block of blocks) {
			const part = block.subarray(0, left);
			left -= part.length;
			if (part.length > 0) yield part;
			if (left === 0) break;
		}
		await then();
	};
	return { stream: Readable.from(cut(), { objectMode: false }), length };
}

/** Closes the connection when what was written has left, and waits for the client to be gone. */
export async function endedConnection(socket: Socket, closing: AbortSignal): Promise<void> {
	await untilSent(socket, closing);
	socket.end();
	await untilGone(socket, closing);
}

/** A body as a stream, unless there is none. */
export function wholeBody(body: Answer['body']): Answer['body'] {
	if (body === undefined || isStreamed(body)) return body;
	return { stream: Readable.from([Buffer.from(body)], { objectMode: false }), length: lengthOf(body) };
}

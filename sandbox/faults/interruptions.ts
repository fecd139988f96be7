import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isStreamed, lengthOf } from '../server/answer';
import type { Answer, StreamedBody } from '../server/answer';

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

/** Closes the connection behind what was written, and waits for the client to be gone. */
export async function endedConnection(socket: Socket, closing: AbortSignal): Promise<void> {
	await untilWritten(socket, closing);
	socket.end();
	await untilGone(socket, closing);
}

/** Waits in real time; ends early, without an error, when the sandbox closes. */
export async function pause(ms: number, closing: AbortSignal): Promise<void> {
	if (ms <= 0 || closing.aborted) return;
	await sleep(ms, undefined, { signal: closing, ref: false }).catch(() => undefined);
}

/** The same, but ends as well when the client hangs up. */
export async function pauseUnlessGone(ms: number, socket: Socket, closing: AbortSignal): Promise<void> {
	if (socket.destroyed) return;
	const gone = new AbortController();
	const onClose = () => gone.abort();
	socket.once('close', onClose);
	await pause(ms, AbortSignal.any([closing, gone.signal]));
	socket.off('close', onClose);
}

/** Waits until the client hangs up or the sandbox closes. */
export function untilGone(socket: Socket, closing: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (socket.destroyed || closing.aborted) return resolve();
		const done = () => {
			socket.off('close', done);
			closing.removeEventListener('abort', done);
			resolve();
		};
		socket.once('close', done);
		closing.addEventListener('abort', done, { once: true });
	});
}

/** In so many turns of the event loop, a part of a body has got from its stream to the socket. */
const TURNS = 10;

/** Waits until the socket has taken all that the body has given so far. */
export async function untilWritten(socket: Socket, closing: AbortSignal): Promise<void> {
	for (let turn = 0; turn < TURNS && !socket.destroyed && !closing.aborted; turn++) {
		await new Promise((resolve) => setImmediate(resolve));
		if (socket.writableLength === 0) continue;
		await pause(2, closing);
		turn = 0;
	}
}

/** A reset throws away what has not left yet: gives bytes already written the time to arrive. */
export async function untilSent(socket: Socket, closing: AbortSignal): Promise<void> {
	await untilWritten(socket, closing);
	await pause(25, closing);
}

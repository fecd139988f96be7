import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits in real time; ends early, without an error, when the sandbox closes. */
export async function pause(ms: number, closing: AbortSignal): Promise<void> {
	if (ms <= 0 || closing.aborted) return;
	await sleep(ms, undefined, { signal: closing, ref: false }).catch(() => undefined);
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

/** A reset throws away what has not left yet: gives bytes already written the time to arrive. */
export async function untilSent(socket: Socket, closing: AbortSignal): Promise<void> {
	while (socket.writableLength > 0 && !socket.destroyed && !closing.aborted) await pause(2, closing);
	await pause(25, closing);
}

import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RecordedRequest } from '../contract/calls';

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

/** Tells tests of requests on which a fault has fallen silent, so that they can move a clock of their own instead of waiting. */
export class Silences {
	private untold: RecordedRequest[] = [];
	private waiting: Array<(request: RecordedRequest) => void> = [];

	begin(request: RecordedRequest): void {
		const tell = this.waiting.shift();
		if (tell) tell(request);
		else this.untold.push(request);
	}

	next(): Promise<RecordedRequest> {
		const request = this.untold.shift();
		return request ? Promise.resolve(request) : new Promise((resolve) => this.waiting.push(resolve));
	}

	clear(): void {
		this.untold = [];
	}
}

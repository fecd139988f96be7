import { replaceRuntime } from '../../../nodes/Mesh/client/runtime';
import { DEFAULT_TIMEOUTS } from '../../../nodes/Mesh/client/settings';

/** Long enough for a busy machine. */
const SHORT_MS = 1_000;

let held: (() => void) | undefined;

/**
 * The clients that nodes make from now on pause without waiting, and lose patience with a silent server after `silenceMs`. To be
 * called before the first of them is made.
 */
export function dontWait({ silenceMs = SHORT_MS } = {}): void {
	Object.assign(DEFAULT_TIMEOUTS, { responseMs: silenceMs, stallMs: silenceMs });
	replaceRuntime({
		async sleep(_milliseconds, signal) {
			signal?.throwIfAborted();
			if (held === undefined) return;
			held();
			await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped')), { once: true }));
		},
	});
}

/** Makes the next pause last until it is cancelled; resolves when it has begun. */
export async function heldPause(): Promise<void> {
	await new Promise<void>((resolve) => (held = resolve));
	held = undefined;
}

import { replaceRuntime } from '../../../nodes/Mesh/client/runtime';
import type { Sandbox } from '../../../sandbox';
import { FakeClock } from '../../support/fakeClock';

let held: (() => void) | undefined;

/** The clients that nodes make pause without waiting, and time stands still for them. */
export function dontWait(clock = new FakeClock()): void {
	replaceRuntime({
		after: clock.after,
		async sleep(_milliseconds, signal) {
			signal?.throwIfAborted();
			if (held === undefined) return;
			held();
			await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped')), { once: true }));
		},
	});
}

/** They also give up on a silent sandbox at once. */
export function giveUpOnSilence(sandbox: Sandbox, clock = new FakeClock()): void {
	dontWait(clock);
	clock.passSilences(sandbox);
}

/** Makes the next pause last until it is cancelled; resolves when it has begun. */
export async function heldPause(): Promise<void> {
	await new Promise<void>((resolve) => (held = resolve));
	held = undefined;
}

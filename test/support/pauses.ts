import type { MeshRuntime } from '../../nodes/Mesh/client';

let held: (() => void) | undefined;

/** In the place of the runtime's `sleep`: a pause between two attempts takes no time, unless a test holds it. */
export const passPause: MeshRuntime['sleep'] = async (_milliseconds, signal) => {
	signal?.throwIfAborted();
	if (held === undefined) return;
	held();
	await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped')), { once: true }));
};

/** Makes the next pause last until it is cancelled; resolves when it has begun. */
export async function heldPause(): Promise<void> {
	await new Promise<void>((resolve) => (held = resolve));
	held = undefined;
}

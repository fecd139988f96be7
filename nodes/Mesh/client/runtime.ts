import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

/** Time, chance and identifiers: what a test replaces so that it need not wait, and knows what comes. */
export interface MeshRuntime {
	/** Now, in milliseconds since the epoch. */
	now(): number;
	/**
	 * The same as the system's clock had it when the process started, plus what has passed since: durations stay right when that
	 * clock is set.
	 */
	steadyNow(): number;
	/** A fresh GUID: nonces and local IDs. */
	uuid(): string;
	/** In [0, 1): the jitter of retries. */
	random(): number;
	/** Waits; rejects at once when the signal aborts. */
	sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
	/**
	 * Calls `then` after so many milliseconds, unless the function it returns is called first. Such a timer watches something
	 * else, a connection for instance, and never keeps the process alive by itself.
	 */
	after(milliseconds: number, then: () => void): () => void;
}

const startedAt = Date.now() - performance.now();

const systemRuntime: MeshRuntime = {
	now: () => Date.now(),
	steadyNow: () => Math.round(startedAt + performance.now()),
	uuid: () => randomUUID(),
	random: () => Math.random(),
	sleep: async (milliseconds, signal) => await pause(milliseconds, undefined, { signal }),
	after: (milliseconds, then) => {
		const timer = setTimeout(then, milliseconds).unref();
		return () => clearTimeout(timer);
	},
};

let current = systemRuntime;

/** The one runtime of the process: every client uses it for what it is not given itself. */
export const runtime: MeshRuntime = {
	now: () => current.now(),
	steadyNow: () => current.steadyNow(),
	uuid: () => current.uuid(),
	random: () => current.random(),
	sleep: async (milliseconds, signal) => await current.sleep(milliseconds, signal),
	after: (milliseconds, then) => current.after(milliseconds, then),
};

/** For tests: puts parts of it in the place of the real ones; without an argument, the real ones come back. */
export function replaceRuntime(parts?: Partial<MeshRuntime>): void {
	current = parts ? { ...current, ...parts } : systemRuntime;
}

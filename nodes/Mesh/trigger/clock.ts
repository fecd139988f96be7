import { setTimeout as wait } from 'node:timers/promises';

/** Time as the trigger sees it. */
export interface Clock {
	/** Milliseconds since the epoch. */
	now(): number;
	/** Resolves after so many milliseconds, or as soon as `signal` aborts; never keeps the process alive. */
	after(milliseconds: number, signal: AbortSignal): Promise<void>;
}

const systemClock: Clock = {
	now: () => Date.now(),
	after: async (milliseconds, signal) => {
		await wait(milliseconds, undefined, { ref: false, signal }).catch(() => {}); // aborted: nothing left to wait for
	},
};

let current = systemClock;

export const clock: Clock = {
	now: () => current.now(),
	after: async (milliseconds, signal) => await current.after(milliseconds, signal),
};

/** For tests: moves the trigger to another clock; without an argument back to the system's. */
export function setClock(replacement: Clock = systemClock): void {
	current = replacement;
}

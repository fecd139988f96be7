import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { MeshRuntime } from './types';

/** The real clock, identifiers, jitter and waiting; tests replace what they need. */
export const systemRuntime: MeshRuntime = {
	now: () => Date.now(),
	uuid: () => randomUUID(),
	random: () => Math.random(),
	sleep: async (milliseconds, signal) => await pause(milliseconds, undefined, { signal }),
};

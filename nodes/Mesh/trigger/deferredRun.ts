import type { IPollFunctions } from 'n8n-workflow';

type DeferredRun = NonNullable<Parameters<IPollFunctions['__emit']>[2]>;

/** What a hand-over gives to n8n, and what we learn from it. */
export interface HandedOverRun {
	/** n8n settles it when the execution ends; made here because older hosts have no helper for it. */
	done: DeferredRun;
	/** Aborts when n8n has taken the execution on. */
	begun: AbortSignal;
}

/**
 * n8n 1.x asks for `resolve` when it has stored the execution, and says nothing when it could not. n8n 2.x asks at once, and
 * says so.
 */
export function deferredRun(): HandedOverRun {
	const begun = new AbortController();
	const settle: Partial<Pick<DeferredRun, 'resolve' | 'reject'>> = {};
	const promise: DeferredRun['promise'] = new Promise((resolve, reject) => Object.assign(settle, { resolve, reject }));
	const { resolve, reject } = settle as DeferredRun;
	const done = {
		promise,
		reject,
		get resolve() {
			begun.abort();
			return resolve;
		},
	};
	return { done, begun: begun.signal };
}

import type { IPollFunctions } from 'n8n-workflow';

type DeferredRun = NonNullable<Parameters<IPollFunctions['__emit']>[2]>;

/** The promise that n8n settles when an execution ends; made here because older hosts have no helper for it. */
export function deferredRun(): DeferredRun {
	const deferred: Partial<DeferredRun> = {};
	const promise: DeferredRun['promise'] = new Promise((resolve, reject) => {
		deferred.resolve = resolve;
		deferred.reject = reject;
	});
	return Object.assign(deferred, { promise }) as DeferredRun;
}

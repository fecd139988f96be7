/**
 * Runs `work` for every entry, a few side by side, and gives the results in the order of the entries. The first failure
 * aborts the others by their signal and is thrown when all have ended.
 * @param outer aborts everything, too
 */
export async function inOrder<T, R>(entries: readonly T[], parallel: number, outer: AbortSignal | undefined, work: (entry: T, index: number, signal: AbortSignal) => Promise<R>): Promise<R[]> {
	const stop = new AbortController();
	const signal = outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal]);
	const results: R[] = [];
	const failures: unknown[] = [];
	const next = entries.entries();
	const run = async () => {
		for (const [index, entry] of next) {
			if (signal.aborted && failures.length > 0) return;
			try {
				results[index] = await work(entry, index, signal);
			} catch (error) {
				failures.push(error);
				stop.abort();
			}
		}
	};
	await Promise.all(Array.from({ length: Math.min(parallel, entries.length) }, run));
	if (failures.length > 0) throw failures[0];
	return results;
}

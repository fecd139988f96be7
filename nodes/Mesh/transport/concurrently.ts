/**
 * Runs `work` for every entry, a few side by side, and gives the results in the order of the entries. The first failure
 * aborts the others by their signal and is thrown when all have ended.
 * @param outer aborts everything, too
 */
export async function inOrder<T, R>(
	entries: readonly T[],
	parallel: number,
	outer: AbortSignal | undefined,
	work: (entry: T, index: number, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
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

/**
 * Runs `run` for 0 to count - 1, at most `atOnce` at the same time, with the results in order. After a failure nothing new
 * is started, what runs is awaited, and the failure of the lowest index is thrown: nothing goes on behind an error.
 */
export async function mapInOrder<T>(count: number, atOnce: number, run: (index: number) => Promise<T>): Promise<T[]> {
	const results: T[] = [];
	let next = 0;
	const failures: Array<{ index: number; error: unknown }> = [];
	const work = async () => {
		while (next < count && failures.length === 0) {
			const index = next++;
			try {
				results[index] = await run(index);
			} catch (error) {
				failures.push({ index, error });
			}
		}
	};
	await Promise.all(Array.from({ length: Math.max(1, Math.min(atOnce, count)) }, work));
	const [first] = failures.sort((a, b) => a.index - b.index);
	if (first !== undefined) throw first.error;
	return results;
}

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
	const run = async (entry: T, index: number) => await work(entry, index, signal);
	const { results, failures } = await untilFailure(entries, parallel, run, () => stop.abort());
	const [first] = failures;
	if (first !== undefined) throw first.error;
	return results;
}

/**
 * Runs `run` for 0 to count - 1, at most `atOnce` at the same time, with the results in order. After a failure nothing new
 * is started, what runs is awaited, and the failure of the lowest index is thrown: nothing goes on behind an error.
 */
export async function mapInOrder<T>(count: number, atOnce: number, run: (index: number) => Promise<T>): Promise<T[]> {
	const { results, failures } = await untilFailure([...Array(count).keys()], atOnce, run);
	const [first] = failures.sort((a, b) => a.index - b.index);
	if (first !== undefined) throw first.error;
	return results;
}

/** Starts nothing new after a failure and waits for what runs; failures are in the order in which they came. */
async function untilFailure<T, R>(
	entries: readonly T[],
	atOnce: number,
	run: (entry: T, index: number) => Promise<R>,
	onFailure = () => {},
): Promise<{ results: R[]; failures: Array<{ index: number; error: unknown }> }> {
	const results: R[] = [];
	const failures: Array<{ index: number; error: unknown }> = [];
	const next = entries.entries();
	const work = async () => {
		for (const [index, entry] of next) {
			try {
				results[index] = await run(entry, index);
			} catch (error) {
				failures.push({ index, error });
				onFailure();
			}
			if (failures.length > 0) return;
		}
	};
	await Promise.all(Array.from({ length: Math.max(1, Math.min(atOnce, entries.length)) }, work));
	return { results, failures };
}

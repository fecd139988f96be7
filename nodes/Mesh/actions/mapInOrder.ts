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

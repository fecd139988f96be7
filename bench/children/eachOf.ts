/** Does `work` for every element, at most `atOnce` at a time, starting in order. Rejects when one of them fails. */
export async function eachOf<T>(elements: readonly T[], atOnce: number, work: (element: T) => Promise<void>): Promise<void> {
	let next = 0;
	const worker = async (): Promise<void> => {
		while (next < elements.length) await work(elements[next++]);
	};
	await Promise.all(Array.from({ length: Math.min(atOnce, elements.length) }, worker));
}

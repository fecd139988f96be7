import { inOrder } from '../../nodes/Mesh/transport/concurrently';

describe('downloading several messages of one execution', () => {
	test('keeps their order whichever is ready first, and never has more under way than allowed', async () => {
		let underWay = 0;
		let most = 0;
		const releases: Array<() => void> = [];
		const results = inOrder(['a', 'b', 'c', 'd', 'e'], 2, undefined, async (entry) => {
			most = Math.max(most, ++underWay);
			await new Promise<void>((resolve) => releases.push(resolve));
			underWay--;
			return entry.toUpperCase();
		});
		while (releases.length > 0) {
			releases.pop()?.(); // the latest first
			await new Promise(setImmediate);
		}
		expect(await results).toEqual(['A', 'B', 'C', 'D', 'E']);
		expect(most).toBe(2);
	});

	test('aborts the others at the first failure and throws that one', async () => {
		const seen: string[] = [];
		const work = inOrder(['bad', 'slow', 'never'], 2, undefined, async (entry, _index, signal) => {
			seen.push(entry);
			if (entry === 'bad') throw new Error('first');
			await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('second'))));
		});
		await expect(work).rejects.toThrow('first');
		expect(seen).toEqual(['bad', 'slow']);
	});

	test('aborts everything when the execution is stopped', async () => {
		const stop = new AbortController();
		const work = inOrder(['a'], 2, stop.signal, async (_entry, _index, signal) => {
			stop.abort();
			signal.throwIfAborted();
		});
		await expect(work).rejects.toThrow();
	});
});

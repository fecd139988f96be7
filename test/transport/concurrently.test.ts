import * as fc from 'fast-check';
import { inOrder, mapInOrder } from '../../nodes/Mesh/transport/concurrently';

describe('mapInOrder', () => {
	test('whatever finishes first, results keep the order and no more than allowed run at once', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.scheduler(),
				fc.integer({ min: 0, max: 12 }),
				fc.integer({ min: 1, max: 5 }),
				async (scheduler, count, atOnce) => {
					let running = 0;
					let most = 0;
					const mapped = mapInOrder(count, atOnce, async (index) => {
						most = Math.max(most, ++running);
						await scheduler.schedule(Promise.resolve());
						running--;
						return index * 10;
					});
					await scheduler.waitFor(mapped);
					expect(await mapped).toEqual(Array.from({ length: count }, (_, index) => index * 10));
					expect(most).toBeLessThanOrEqual(atOnce);
				},
			),
		);
	});

	test('after a failure nothing new starts, what runs is awaited, and the first item in order is blamed', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.scheduler(),
				fc.integer({ min: 1, max: 4 }),
				fc.uniqueArray(fc.nat(11), { minLength: 1, maxLength: 4 }),
				async (scheduler, atOnce, failing) => {
					const started: number[] = [];
					const finished: number[] = [];
					let failed = false;
					let startedAfterFailure = false;
					const mapped = mapInOrder(12, atOnce, async (index) => {
						startedAfterFailure ||= failed;
						started.push(index);
						await scheduler.schedule(Promise.resolve());
						finished.push(index);
						if (!failing.includes(index)) return;
						failed = true;
						throw new Error(String(index));
					}).then(
						() => undefined,
						(error: Error) => error,
					);
					await scheduler.waitFor(mapped);
					const failedOnes = failing.filter((index) => finished.includes(index));
					expect((await mapped)?.message).toBe(String(Math.min(...failedOnes)));
					expect(finished.sort()).toEqual(started.sort());
					// Something may start between a failure and its being noticed only if it was due at that very moment.
					if (atOnce === 1) expect(startedAfterFailure).toBe(false);
				},
			),
		);
	});
});

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

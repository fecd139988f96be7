import fc from 'fast-check';
import { median, memoryAboveIdle, rateOf, timesFaster } from '../../bench/results';
import type { JobResult, Run } from '../../bench/results';

const run = (round: number, wallMs: number, more: Partial<Run> = {}): Run => ({
	round,
	wallMs,
	server: {
		requests: 0,
		connections: 0,
		resumed: 0,
		uploadedBytes: 0,
		downloadedBytes: 0,
		messagesSent: 0,
		acknowledged: 0,
		cpuSeconds: 0,
		faults: [],
	},
	...more,
});

const job = (runs: Record<string, Run[]>): JobResult => ({
	job: {
		id: 'job',
		title: 'Job',
		latencyMs: 0,
		unit: 'messages/s',
		contenders: Object.keys(runs),
		work: { kind: 'drain', messages: 100, bytes: 1 },
	},
	contenders: Object.entries(runs).map(([id, its]) => ({ id, title: id, runs: its })),
});

describe('the figures of the benchmark', () => {
	it('compares contenders within each round, so that a machine that is slow for one round changes nothing', () => {
		const result = job({ fast: [run(1, 10), run(2, 100), run(3, 10)], slow: [run(1, 30), run(2, 300), run(3, 30)] });
		expect(timesFaster(result, 'fast', 'slow')).toBe(3);
	});

	it('leaves out rounds in which one of the two has no run', () => {
		expect(timesFaster(job({ fast: [run(1, 10), run(2, 10)], slow: [run(2, 20)] }), 'fast', 'slow')).toBe(2);
	});

	it('gives no ratio to a contender that took no part', () => {
		expect(timesFaster(job({ fast: [run(1, 10)], slow: [] }), 'fast', 'slow')).toBeUndefined();
		expect(timesFaster(job({ fast: [run(1, 10)] }), 'fast', 'absent')).toBeUndefined();
	});

	it('counts messages, or megabytes of 10^6 bytes, in each second', () => {
		const messages = job({ a: [] });
		expect(rateOf(messages, run(1, 500))).toBe(200);
		const bytes: JobResult = {
			...messages,
			job: { ...messages.job, work: { kind: 'send', content: 'csv', bytes: 3e6, chunkBytes: 1, gzip: false, source: 'file' } },
		};
		expect(rateOf(bytes, run(1, 500))).toBe(6);
	});

	it('takes idle memory from the median peak', () => {
		const contender = {
			id: 'a',
			title: 'a',
			runs: [run(1, 1, { peakRssBytes: 90 }), run(2, 1, { peakRssBytes: 100 }), run(3, 1, { peakRssBytes: 400 })],
		};
		expect(memoryAboveIdle({ ...contender, idle: { wallMs: 1, peakRssBytes: 60 } })).toBe(40);
		expect(memoryAboveIdle(contender)).toBeUndefined();
	});

	it('finds a median that does not depend on order and lies between the extremes', () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }), (values) => {
				const middle = median(values) ?? NaN;
				expect(median([...values].reverse())).toBe(middle);
				expect(middle).toBeGreaterThanOrEqual(Math.min(...values));
				expect(middle).toBeLessThanOrEqual(Math.max(...values));
			}),
		);
		expect(median([])).toBeUndefined();
		expect(median([4, 1, 3, 2])).toBe(2.5);
	});
});

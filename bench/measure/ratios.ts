import { median } from './median';
import type { ContenderResult, JobResult, Run } from './results';

/** The time that counts: `wallMs` the whole process, `workMs` without its start. */
export type Clock = 'wallMs' | 'workMs';

export const resultOf = (job: JobResult, contender: string): ContenderResult | undefined => job.contenders.find(({ id }) => id === contender);

/**
 * How many times faster one contender is than another: the median over the rounds of the ratio within each round, so
 * that a machine that is slow for a while slows both.
 */
export function timesFaster(job: JobResult, fast: string, slow: string, clock: Clock = 'wallMs'): number | undefined {
	const slowRuns = resultOf(job, slow)?.runs ?? [];
	const ratios = (resultOf(job, fast)?.runs ?? []).flatMap((run) => {
		const other = slowRuns.find(({ round }) => round === run.round);
		const ours = run[clock];
		const theirs = other?.[clock];
		return ours === undefined || theirs === undefined ? [] : [theirs / ours];
	});
	return median(ratios);
}

/** Megabytes (10^6 bytes) or messages in each second. */
export function rateOf(job: JobResult, run: Run, clock: Clock = 'wallMs'): number {
	const { work } = job.job;
	const amount = 'messages' in work ? work.messages : 'bytes' in work ? work.bytes / 1e6 : 0;
	return amount / ((run[clock] ?? run.wallMs) / 1000);
}

export function medianOf(result: ContenderResult, figure: (run: Run) => number | undefined): number | undefined {
	return median(result.runs.flatMap((run) => figure(run) ?? []));
}

/** Peak memory over that of the same program doing nothing. */
export function memoryAboveIdle(result: ContenderResult): number | undefined {
	const peak = medianOf(result, (run) => run.peakRssBytes);
	const idle = result.idle?.peakRssBytes;
	return peak === undefined || idle === undefined ? undefined : peak - idle;
}

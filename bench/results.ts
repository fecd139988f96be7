import type { Job } from './jobs';
import type { ProcessFigures } from './runJob';
import type { ServerCounts } from './server/control';

/** One contender's turn in one round. */
export interface Run extends ProcessFigures {
	round: number;
	/** What the server saw. Every run is checked against it: messages, bytes, acknowledgements. */
	server: ServerCounts;
}

export interface ContenderResult {
	id: string;
	title: string;
	runs: Run[];
	/** Its process when it has nothing to do: start-up, memory. */
	idle?: ProcessFigures;
	/** The turn before those that count, where it is made in the same process. */
	warmUp?: Run;
	/** Why it took no part. */
	leftOut?: string;
	/** What went wrong while it took part. */
	failed?: string;
}

export interface JobResult {
	job: Job;
	contenders: ContenderResult[];
}

/** Where and when the figures were taken: they mean nothing without. */
export interface Machine {
	cpu: string;
	cores: number;
	memoryBytes: number;
	system: string;
	versions: Record<string, string>;
}

export interface BenchResult {
	startedAt: string;
	finishedAt: string;
	machine: Machine;
	quick: boolean;
	rounds: number;
	jobs: JobResult[];
	targets: TargetResult[];
}

/** A goal of the project and what became of it. */
export interface TargetResult {
	id: string;
	text: string;
	measured?: number;
	/** For ratios of time: the same without the start of the processes, where both tell it. */
	workAlone?: number;
	goal: number;
	stretch?: number;
	outcome: 'reached' | 'stretch reached' | 'not reached' | 'not measured';
	/** Why it was not measured. */
	reason?: string;
}

/** The time that counts: `wallMs` the whole process, `workMs` without its start. */
export type Clock = 'wallMs' | 'workMs';

export const resultOf = (job: JobResult, contender: string): ContenderResult | undefined =>
	job.contenders.find(({ id }) => id === contender);

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

/** The middle of the values, or the mean of the two in the middle; nothing for none. */
export function median(values: readonly number[]): number | undefined {
	if (values.length === 0) return undefined;
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

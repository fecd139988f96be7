import type { Job } from './jobs';
import type { ServerCounts } from './server/control';
import type { OwnReport } from './work';

/** What one process cost. */
export interface ProcessFigures extends OwnReport {
	/** From its start to its end, starting up included. */
	wallMs: number;
}

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

/** Contenders that the others are compared with, where they took part. */
const YARDSTICKS = [
	['curl', 'x curl'],
	['n8n-helper', 'x n8n'],
	['python', 'x Python'],
	['python-requests', 'x requests'],
	['n8n-hand-made', 'x by hand'],
] as const;
const MIB = 1024 * 1024;

/** The outcome of one job as text: a row for each contender, medians over the rounds, and who was left out and why. */
export function jobTable(job: JobResult): string {
	const took = job.contenders.filter(({ runs }) => runs.length > 0);
	const yardsticks = YARDSTICKS.filter(([id]) => took.some((contender) => contender.id === id));
	const head = [
		'',
		job.job.unit,
		'(min-max)',
		'wall s',
		'work s',
		'CPU s',
		'RSS MiB',
		'+idle',
		'conns',
		'full TLS',
		'requests',
		...yardsticks.map(([, name]) => name),
	];
	const rows = took.map((contender) => [
		...figuresOf(job, contender),
		...yardsticks.map(([id]) => times(timesFaster(job, contender.id, id))),
	]);
	const absent = job.contenders.flatMap((contender) =>
		contender.leftOut !== undefined
			? [`  left out: ${contender.title}: ${contender.leftOut}`]
			: contender.failed !== undefined
				? [`  FAILED: ${contender.title}: ${contender.failed}`]
				: [],
	);
	return [`${job.job.id}: ${job.job.title}`, ...(rows.length > 0 ? align([head, ...rows]) : []), ...absent].join('\n');
}

function figuresOf(job: JobResult, contender: ContenderResult): string[] {
	const rates = contender.runs.map((run) => rateOf(job, run));
	const above = memoryAboveIdle(contender);
	const median = (figure: Parameters<typeof medianOf>[1]): number | undefined => medianOf(contender, figure);
	return [
		contender.title,
		number(
			median((run) => rateOf(job, run)),
			0,
		),
		`${number(Math.min(...rates), 0)}-${number(Math.max(...rates), 0)}`,
		number(
			median((run) => run.wallMs / 1000),
			2,
		),
		number(
			median((run) => (run.workMs === undefined ? undefined : run.workMs / 1000)),
			2,
		),
		number(
			median((run) => run.cpuSeconds),
			2,
		),
		number(mebibytes(median((run) => run.peakRssBytes)), 0),
		number(mebibytes(above), 0),
		number(
			median((run) => run.server.connections),
			0,
		),
		number(
			median((run) => run.server.connections - run.server.resumed),
			0,
		),
		number(
			median((run) => run.server.requests),
			0,
		),
	];
}

const mebibytes = (bytes: number | undefined): number | undefined => (bytes === undefined ? undefined : bytes / MIB);
const number = (value: number | undefined, digits: number): string => (value === undefined ? '-' : value.toFixed(digits));
const times = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(2));

/** First column to the left, the figures to the right. */
export function align(rows: readonly string[][]): string[] {
	const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
	return rows.map(
		(row) => '  ' + row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
	);
}

/** Tells on standard error what is going on: one line that is rewritten on a terminal, plain lines elsewhere. */
export class Progress {
	private readonly startedAt = Date.now();
	private readonly terminal = process.stderr.isTTY;

	say(text: string): void {
		const minutes = Math.floor((Date.now() - this.startedAt) / 60_000);
		const seconds = Math.floor((Date.now() - this.startedAt) / 1000) % 60;
		const line = `[${minutes}:${String(seconds).padStart(2, '0')}] ${text}`;
		process.stderr.write(this.terminal ? `\r\u001b[2K${line.slice(0, process.stderr.columns - 1)}` : `${line}\n`);
	}

	ran(job: Job, run: Run, title: string): void {
		const rate = rateOf({ job, contenders: [] }, run);
		this.say(`${job.id}: round ${run.round}, ${title}: ${rate.toFixed(0)} ${job.unit}`);
		if (this.terminal) process.stderr.write('\n');
	}

	done(): void {
		if (this.terminal) process.stderr.write('\r\u001b[2K');
	}
}

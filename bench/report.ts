import type { Job } from './jobs';
import { medianOf, memoryAboveIdle, rateOf, timesFaster } from './results';
import type { ContenderResult, JobResult, Run } from './results';

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

/** `npm run bench`: our client and nodes side by side with what a user would pick instead. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArguments, USAGE, type BenchArguments } from './cli';
import { CONTENDERS } from './contenders';
import { allJobs } from './jobs';
import type { Job } from './jobs';
import { thisMachine } from './machine';
import type { BenchResult, JobResult } from './results';
import { N8N_CONTENDERS, runN8nJob } from './n8nJob';
import { Progress, align, jobTable } from './results';
import { runJob } from './runJob';
import { openSession } from './session';
import { judge } from './targets';

const ALL_CONTENDERS: ReadonlyArray<{ id: string; title: string }> = [...CONTENDERS, ...N8N_CONTENDERS];

async function main(): Promise<void> {
	const asked = parseArguments(process.argv.slice(2));
	const jobs = allJobs(asked.quick);
	if (asked.help) return print(USAGE);
	if (asked.list) return print(listing(jobs));
	const chosenJobs = choose(jobs, asked.only, 'job').filter(({ id, onlyWhenNamed }) => !onlyWhenNamed || asked.only.includes(id));
	if (chosenJobs.length === 0) throw new Error('These jobs take so long that each of them has to be asked for by its full name.');
	const chosenContenders = choose(ALL_CONTENDERS, asked.contenders, 'contender').map(({ id }) => id);
	const result = await measure(asked, chosenJobs, chosenContenders);
	print(targetTable(result));
	if (asked.jsonPath !== undefined) print(`All figures: ${asked.jsonPath}`);
	if (result.jobs.some(({ contenders }) => contenders.some(({ failed }) => failed !== undefined))) process.exitCode = 1;
}

async function measure(asked: BenchArguments, jobs: readonly Job[], contenders: readonly string[]): Promise<BenchResult> {
	const startedAt = new Date().toISOString();
	const rounds = asked.rounds ?? (asked.quick ? 1 : 3);
	const progress = new Progress();
	progress.say('preparing the server and the content');
	const session = await openSession();
	const results: JobResult[] = [];
	const soFar = (): BenchResult => ({
		startedAt,
		finishedAt: new Date().toISOString(),
		machine: thisMachine(),
		quick: asked.quick,
		rounds,
		jobs: results,
		targets: judge(results),
	});
	try {
		for (const job of jobs) {
			const result =
				job.work.kind === 'workflow'
					? await runN8nJob(session, job, contenders, rounds, progress)
					: await runJob(
							session,
							job,
							CONTENDERS.filter(({ id }) => contenders.includes(id)),
							rounds,
							progress,
						);
			results.push(result);
			progress.done();
			print(`${jobTable(result)}\n`);
			// After each job: a full run takes the better part of an hour.
			if (asked.jsonPath !== undefined) save(soFar(), asked.jsonPath);
		}
	} finally {
		await session.close();
	}
	return soFar();
}

/** Those named, a `*` at the end standing for any ending; all when nothing was named. */
function choose<T extends { id: string }>(all: readonly T[], wanted: readonly string[], what: string): T[] {
	if (wanted.length === 0) return [...all];
	for (const name of wanted) {
		if (!all.some(({ id }) => matches(id, name)))
			throw new Error(`There is no ${what} "${name}". Known: ${all.map(({ id }) => id).join(', ')}.`);
	}
	return all.filter(({ id }) => wanted.some((name) => matches(id, name)));
}

const matches = (id: string, name: string): boolean => id === name || (name.endsWith('*') && id.startsWith(name.slice(0, -1)));

const line = ({ id, title }: { id: string; title: string }): string => `  ${id.padEnd(28)}${title}`;

function listing(jobs: readonly Job[]): string {
	return [
		'Jobs (a trailing * stands for any ending):',
		...jobs.map((job) => line(job) + (job.onlyWhenNamed ? ' (takes long: only when asked for by its full name)' : '')),
		'Contenders:',
		...ALL_CONTENDERS.map(line),
	].join('\n');
}

function targetTable({ targets, quick }: BenchResult): string {
	const figure = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(2));
	const rows = targets.map(({ text, measured, workAlone, goal, outcome, reason }) => [
		text,
		figure(measured),
		figure(workAlone),
		String(goal),
		outcome + (reason ? ` (${reason})` : ''),
	]);
	return [
		'Targets',
		...align([['', 'measured', 'work alone', 'goal', ''], ...rows]),
		...(quick ? ['  --quick is a check that all works; its figures mean nothing.'] : []),
	].join('\n');
}

function save(result: BenchResult, path: string): void {
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(path, `${JSON.stringify(result, null, '\t')}\n`);
}

function print(text: string): void {
	process.stdout.write(`${text}\n`);
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
	process.exitCode = 1;
});

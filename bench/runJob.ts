import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contender } from './contenders';
import type { Job } from './jobs';
import { makeTask, settingsFor } from './measure/prepare';
import type { ContenderResult, JobResult, Run } from './measure/results';
import { runCommand, type ProcessFigures } from './measure/run';
import { turnsOf } from './measure/turns';
import { verifyRun } from './measure/verify';
import type { Progress } from './report/progress';
import type { Session } from './session';
import type { Work } from './work';

const MIB = 1024 * 1024;
/** Three chunks of 20 MiB, the last one short; and a few messages. */
const WARM_UP_BYTES = 45 * MIB;
const WARM_UP_MESSAGES = 12;

/**
 * Runs one job: every contender warms up once with little work, for which what it sends is compared byte by byte as well,
 * and then they take turns, round after round.
 */
export async function runJob(session: Session, job: Job, contenders: readonly Contender[], rounds: number, progress: Progress): Promise<JobResult> {
	const taking = job.contenders.flatMap((id) => (
		contenders.find((contender) => contender.id === id && (contender.can(job.work) || contender.cannotBecause?.(job.work) !== undefined)) ?? []
	));
	const results = new Map<string, ContenderResult>();
	for (const contender of taking) {
		const leftOut = contender.can(job.work) ? await contender.missing() : contender.cannotBecause?.(job.work);
		const result: ContenderResult = { id: contender.id, title: contender.title, runs: [], leftOut };
		results.set(contender.id, result);
		if (result.leftOut !== undefined) continue;
		await attempt(result, async () => {
			progress.say(`${job.id}: ${contender.title}, warming up`);
			if (contender.can({ kind: 'idle' })) result.idle = (await once(session, contender, { kind: 'idle' }, 0, false)).figures;
			await once(session, contender, smaller(job.work), job.latencyMs, true);
		});
	}
	for (let round = 1; round <= rounds; round++) {
		for (const contender of turnsOf(taking, round)) {
			const result = results.get(contender.id);
			if (result === undefined || result.leftOut !== undefined || result.failed !== undefined) continue;
			progress.say(`${job.id}: round ${round} of ${rounds}, ${contender.title}`);
			await attempt(result, async () => {
				const { figures, counts } = await once(session, contender, job.work, job.latencyMs, false);
				result.runs.push({ round, ...figures, server: counts });
				progress.ran(job, result.runs[result.runs.length - 1], contender.title);
			});
		}
	}
	return { job, contenders: [...results.values()] };
}

async function once(session: Session, contender: Contender, work: Work, latencyMs: number, verify: boolean): Promise<{ figures: ProcessFigures; counts: Run['server'] }> {
	const scratchPath = join(session.folder, 'scratch');
	try {
		const task = await makeTask(work, session.access, session.folder, scratchPath);
		const command = await contender.command(task);
		await session.server.configure(settingsFor(work, latencyMs, { verify }));
		const figures = await runCommand(command);
		const counts = await session.server.counts();
		await verifyRun(task, figures, counts);
		return { figures, counts };
	} finally {
		await rm(scratchPath, { recursive: true, force: true });
	}
}

function smaller(work: Work): Work {
	if ('chunkBytes' in work) return { ...work, bytes: WARM_UP_BYTES, chunkBytes: Math.min(work.chunkBytes, 20 * MIB) };
	return 'messages' in work ? { ...work, messages: WARM_UP_MESSAGES } : work;
}

/** A contender that fails is out of this job, and the reason is reported: the others go on. */
async function attempt(result: ContenderResult, work: () => Promise<void>): Promise<void> {
	try {
		await work();
	} catch (error) {
		result.failed = error instanceof Error ? error.message : String(error);
	}
}

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Contender } from './contenders';
import type { Job } from './jobs';
import { watchPeakRss } from './machine';
import type { ContenderResult, JobResult, ProcessFigures, Progress, Run } from './results';
import { Content } from './server/content';
import type { ServerCounts, ServerSettings, StoredMessage } from './server/control';
import type { Session } from './session';
import type { Access, Command, OwnReport, Task, Work } from './work';

const MIB = 1024 * 1024;
/** Three chunks of 20 MiB, the last one short; and a few messages. */
const WARM_UP_BYTES = 45 * MIB;
const WARM_UP_MESSAGES = 12;

/**
 * Runs one job: every contender warms up once with little work, for which what it sends is compared byte by byte as well,
 * and then they take turns, round after round.
 */
export async function runJob(
	session: Session,
	job: Job,
	contenders: readonly Contender[],
	rounds: number,
	progress: Progress,
): Promise<JobResult> {
	const taking = job.contenders.flatMap(
		(id) =>
			contenders.find(
				(contender) => contender.id === id && (contender.can(job.work) || contender.cannotBecause?.(job.work) !== undefined),
			) ?? [],
	);
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

async function once(
	session: Session,
	contender: Contender,
	work: Work,
	latencyMs: number,
	verify: boolean,
): Promise<{ figures: ProcessFigures; counts: Run['server'] }> {
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

const MAX_ERROR_CHARACTERS = 2000;

/**
 * Runs a command to its end.
 * @throws when it fails; the message holds the line that says why
 */
async function runCommand(command: Command): Promise<ProcessFigures> {
	const startedAt = performance.now();
	const child = spawn(command.program, command.args, {
		env: { ...process.env, ...command.env, NODE_OPTIONS: '' },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let out = '';
	let errors = '';
	let peak: (() => number | undefined) | undefined;
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		out = (out + text).slice(-MAX_ERROR_CHARACTERS);
	});
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		errors = (errors + text).slice(-MAX_ERROR_CHARACTERS);
		const announced = /^pid (\d+)$/m.exec(errors);
		if (announced && !peak) peak = watchPeakRss(Number(announced[1]));
	});
	const code = await new Promise<number | null>((resolve, reject) => {
		child.once('error', reject).once('close', resolve);
	});
	const wallMs = performance.now() - startedAt;
	const peakRssBytes = peak?.();
	if (code !== 0) throw new Error(`${basename(command.program)} ended with code ${code}: ${gist(errors) || gist(out)}`);
	if (command.reports) return { wallMs, ...lastLine(out) };
	return { wallMs, workMs: wallMs, peakRssBytes, cpuSeconds: shellTimes(errors) };
}

/** The line of a program's last words that says what went wrong; a stack trace is no help in a table. */
function gist(text: string): string {
	const lines = text.trim().split('\n');
	return lines.find((line) => /error/i.test(line))?.trim() ?? lines[lines.length - 1].trim();
}

function lastLine(out: string): OwnReport {
	return JSON.parse(out.trimEnd().split('\n').pop() ?? '{}') as OwnReport;
}

/** Of the shell's `times`: the second of its lines is what its children used, as in `0m1.234s 0m0.567s`. */
function shellTimes(text: string): number | undefined {
	const lines = [...text.matchAll(/^(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/gm)];
	const children = lines[1];
	if (children === undefined) return undefined;
	const [userMinutes, user, systemMinutes, system] = children.slice(1).map(Number);
	return 60 * (userMinutes + systemMinutes) + user + system;
}

const messageId = (number: number): string => `20250102000000${String(number).padStart(6, '0')}_0B0A7D`;

const BATCH_NUMBERS = 10_000;

/** What every small message holds: text, because not every contender sends anything else. */
const SMALL_CONTENT = 'csv';

/**
 * The messages that have to wait in the mailbox for this work.
 * @param batch messages of different batches have different IDs, for clients that remember what they have had
 */
function messagesFor(work: Work, batch = 0): StoredMessage[] {
	if (work.kind === 'receive')
		return [{ messageId: messageId(1), content: work.content, bytes: work.bytes, chunkBytes: work.chunkBytes, gzip: work.gzip }];
	if (work.kind !== 'drain' && work.kind !== 'workflow') return [];
	return Array.from({ length: work.messages }, (_, number) => ({
		messageId: messageId(batch * BATCH_NUMBERS + number + 1),
		content: SMALL_CONTENT,
		bytes: work.bytes,
		chunkBytes: work.bytes,
		gzip: false,
	}));
}

export const settingsFor = (work: Work, latencyMs: number, { verify = false, batch = 0 } = {}): ServerSettings => ({
	messages: messagesFor(work, batch),
	latencyMs,
	...(verify && work.kind === 'send' ? { verifyUploads: { content: work.content, bytes: work.bytes } } : {}),
	// Small enough to be compared in every run.
	...(work.kind === 'sendMany' ? { verifyUploads: { content: SMALL_CONTENT, bytes: work.bytes } } : {}),
});

/** Everything a contender may need for the work, made before the clock starts. */
async function makeTask(work: Work, access: Access, folder: string, scratchPath: string): Promise<Task> {
	await mkdir(scratchPath, { recursive: true });
	const waiting = messagesFor(work);
	return {
		work,
		access,
		scratchPath,
		options: {},
		...(work.kind === 'sendMany' ? { inputPath: inputFile(SMALL_CONTENT, work.bytes, folder) } : {}),
		...(work.kind === 'send' && work.source === 'file' ? { inputPath: inputFile(work.content, work.bytes, folder) } : {}),
		...(work.kind === 'receive'
			? { messageId: waiting[0].messageId, outputPath: work.target === 'file' ? join(scratchPath, 'received') : undefined }
			: {}),
		...(work.kind === 'drain' ? { inboxIds: waiting.map((message) => message.messageId) } : {}),
	};
}

/** Kept for all jobs that send the same. */
function inputFile(kind: 'random' | 'csv', bytes: number, folder: string): string {
	const path = join(folder, `${kind}-${bytes}`);
	if (!existsSync(path)) Content.of(kind).write(path, bytes);
	return path;
}

const READ_BYTES = 4 * 1024 * 1024;

/** @throws when a run did not do all of its work: figures of half a job are worth nothing */
export async function verifyRun(task: Pick<Task, 'work' | 'outputPath'>, figures: OwnReport, counts: ServerCounts): Promise<void> {
	const { work } = task;
	if (counts.faults.length > 0) throw new Error(`The server met ${counts.faults.length} faults, the first: ${counts.faults[0]}`);
	const expect = (what: string, actual: number, expected: number): void => {
		if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}.`);
	};
	switch (work.kind) {
		case 'idle':
			return;
		case 'send':
			expect('Messages sent', counts.messagesSent, 1);
			if (!work.gzip) expect('Bytes sent', counts.uploadedBytes, work.bytes);
			return;
		case 'sendMany':
			expect('Messages sent', counts.messagesSent, work.messages);
			return;
		case 'workflow':
		case 'drain':
			expect('Messages acknowledged', counts.acknowledged, work.messages);
			expect('Bytes downloaded', counts.downloadedBytes, work.messages * work.bytes);
			return;
		case 'n8nAlone':
			expect('Items', figures.done ?? 0, work.messages);
			return;
		case 'receive':
			if (work.target === 'file')
				expect('Bytes in the file', await matchingBytes(figures.outputPath ?? task.outputPath ?? '', task), work.bytes);
			else expect('Bytes counted', figures.done ?? 0, work.bytes);
	}
}

/** The size of the file, if all of it is what it should be. */
async function matchingBytes(path: string, { work }: Pick<Task, 'work'>): Promise<number> {
	const content = Content.of(work.kind === 'receive' ? work.content : 'random');
	const file = await open(path, 'r');
	try {
		const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
		for (let offset = 0; ; ) {
			const { bytesRead } = await file.read(buffer, 0, READ_BYTES, offset);
			if (bytesRead === 0) return offset;
			if (!content.matches(offset, buffer.subarray(0, bytesRead)))
				throw new Error(`The received file differs in the bytes from ${offset} on.`);
			offset += bytesRead;
		}
	} finally {
		await file.close();
	}
}

/** The order of a round: each one starts with another contender, so that none always runs behind the same neighbour's leavings. */
export function turnsOf<T>(all: readonly T[], round: number): T[] {
	const first = all.length === 0 ? 0 : (round - 1) % all.length;
	return [...all.slice(first), ...all.slice(0, first)];
}

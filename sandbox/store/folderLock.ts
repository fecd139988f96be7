import { randomUUID } from 'node:crypto';
import { closeSync, futimesSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isRunning, ownIdentity, type ProcessIdentity } from './processIdentity';

export const LOCK_FILE = 'sandbox.lock';
const MARKED_EVERY_MS = 1_000;
/** How long a lock is watched whose process cannot be looked at, such as one in another container. */
const WATCHED_FOR_MS = 5 * MARKED_EVERY_MS;

/**
 * A file that says which process uses a folder. Its process marks it every second, so that it can be told from one left behind
 * where the process's number says nothing.
 */
export class FolderLock {
	private constructor(
		private readonly file: string,
		private readonly content: string,
		private readonly descriptor: number,
		private readonly marking: NodeJS.Timeout,
	) {}

	/** Takes the folder, also from a process that has ended. Rejects with a one-line error when another sandbox uses it. */
	static async take(folder: string, watchedForMs = WATCHED_FOR_MS): Promise<FolderLock> {
		const file = join(folder, LOCK_FILE);
		const content = `${JSON.stringify({ ...ownIdentity(), id: randomUUID() })}\n`;
		for (;;) {
			const descriptor = await unless('EEXIST', () => create(file, content));
			if (descriptor !== undefined) return new FolderLock(file, content, descriptor, setInterval(mark, MARKED_EVERY_MS, descriptor).unref());
			const former = await readIfThere(file);
			if (former !== undefined) await clearAway(folder, file, former, watchedForMs);
		}
	}

	async release(): Promise<void> {
		clearInterval(this.marking);
		closeSync(this.descriptor);
		if ((await readIfThere(this.file)) === this.content) rmSync(this.file, { force: true });
	}
}

/** The process that a lock names; undefined for what is no lock. */
export function lockHolder(content: string): ProcessIdentity | undefined {
	try {
		const holder = JSON.parse(content) as ProcessIdentity;
		return Number.isSafeInteger(holder.pid) && holder.pid > 0 ? holder : undefined;
	} catch {
		return undefined;
	}
}

async function clearAway(folder: string, file: string, former: string, watchedForMs: number): Promise<void> {
	const holder = lockHolder(former);
	const inUse = () => Object.assign(new Error(`${folder} is in use by another sandbox (process ${holder?.pid ?? 'unknown'}).`), { code: 'ERR_SANDBOX_FOLDER_IN_USE' });
	if ((holder && isRunning(holder)) ?? (await isMarked(file, watchedForMs))) throw inUse();
	const aside = `${file}.${randomUUID()}`;
	await unless('ENOENT', () => renameSync(file, aside));
	const taken = await readIfThere(aside);
	// Another process may have been quicker: then this is its lock, not the one that was left behind.
	if (taken === former) rmSync(aside, { force: true });
	else if (taken !== undefined) renameSync(aside, file);
}

async function isMarked(file: string, watchedForMs: number): Promise<boolean> {
	const marks = () => statSync(file, { throwIfNoEntry: false })?.mtimeMs;
	const before = marks();
	const until = Date.now() + watchedForMs;
	while (Date.now() < until) {
		await wait(MARKED_EVERY_MS / 4);
		const now = marks();
		if (now === undefined) return false;
		if (now !== before) return true;
	}
	return false;
}

function mark(descriptor: number): void {
	const now = new Date();
	try {
		futimesSync(descriptor, now, now);
	} catch {
		// A file system that takes no times: the process's number has to do.
	}
}

function create(file: string, content: string): number {
	const descriptor = openSync(file, 'wx', 0o600);
	writeFileSync(descriptor, content);
	return descriptor;
}

const readIfThere = (file: string) => unless('ENOENT', () => readFileSync(file, 'utf8'));

/** Undefined when it fails for this reason. */
async function unless<T>(code: string, action: () => T): Promise<T | undefined> {
	try {
		return action();
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === code ? undefined : Promise.reject(error as Error);
	}
}

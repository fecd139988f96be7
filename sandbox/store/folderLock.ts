import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export const LOCK_FILE = 'sandbox.lock';
const MARKED_EVERY_MS = 1_000;
/** How long a lock is watched whose process cannot be looked at, such as one in another container. */
const WATCHED_FOR_MS = 5 * MARKED_EVERY_MS;
const LOOK_MS = MARKED_EVERY_MS / 4;
/** How often a lock is tried that is there and cannot be read: it goes just then, or is a link to nothing. */
const UNREADABLE_ROUNDS = 100;
const UNREADABLE_WAIT_MS = 10;

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
		for (let unreadable = 0; unreadable < UNREADABLE_ROUNDS; ) {
			const descriptor = unless('EEXIST', () => create(file, content));
			if (descriptor !== undefined)
				return new FolderLock(file, content, descriptor, setInterval(mark, MARKED_EVERY_MS, descriptor, content).unref());
			const former = readIfThere(file);
			if (former !== undefined) {
				await clearAway(folder, file, former, watchedForMs);
			} else {
				unreadable++;
				await wait(UNREADABLE_WAIT_MS);
			}
		}
		throw new Error(`${file} can be neither made nor read. Is it a link to nothing? Then remove it.`);
	}

	async release(): Promise<void> {
		clearInterval(this.marking);
		closeSync(this.descriptor);
		if (readIfThere(this.file) === this.content) rmSync(this.file, { force: true });
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
	const inUse = () =>
		Object.assign(new Error(`${folder} is in use by another sandbox (process ${holder?.pid ?? 'unknown'}).`), {
			code: 'ERR_SANDBOX_FOLDER_IN_USE',
		});
	if ((holder && isRunning(holder)) ?? (await isMarked(file, watchedForMs))) throw inUse();
	// While this one watched, another process may have taken the lock, or given it back.
	if (readIfThere(file) !== former) return;
	const aside = `${file}.${randomUUID()}`;
	unless('ENOENT', () => renameSync(file, aside));
	const taken = readIfThere(aside);
	// Another process may have been quicker: then this is its lock, not the one that was left behind.
	if (taken === former) rmSync(aside, { force: true });
	else if (taken !== undefined) renameSync(aside, file);
}

async function isMarked(file: string, watchedForMs: number): Promise<boolean> {
	const marks = () => statSync(file, { throwIfNoEntry: false })?.mtimeMs;
	const before = marks();
	// Looks are counted: time also goes by while the machine sleeps, or has no turn for this process or the other.
	for (let watched = 0; watched < watchedForMs; watched += LOOK_MS) {
		await wait(LOOK_MS);
		const now = marks();
		if (now === undefined) return false;
		if (now !== before) return true;
	}
	return false;
}

/** Writes the same once more, so that the file system notes its own time: a test suite may have set this process's date. */
function mark(descriptor: number, content: string): void {
	try {
		writeSync(descriptor, content, 0);
	} catch {
		// A full disk: the process's number has to do.
	}
}

function create(file: string, content: string): number {
	const descriptor = openSync(file, 'wx', 0o600);
	let isWritten = false;
	try {
		writeFileSync(descriptor, content);
		isWritten = true;
		return descriptor;
	} finally {
		// On a full disk: an empty lock would stand in the way of the next start.
		if (!isWritten) {
			closeSync(descriptor);
			rmSync(file, { force: true });
		}
	}
}

const readIfThere = (file: string) => unless('ENOENT', () => readFileSync(file, 'utf8'));

/** Undefined when it fails for this reason. */
function unless<T>(code: string, action: () => T): T | undefined {
	try {
		return action();
	} catch (error) {
		const failure = error as NodeJS.ErrnoException;
		if (failure.code === code) return undefined;
		throw failure;
	}
}

/** A process, told apart from another that got the same number later or elsewhere. */
interface ProcessIdentity {
	pid: number;
	/** Where the number means something: this start of the machine, this container. Undefined where the system does not tell. */
	space?: string;
	/** When the process began, in the system's own count. Undefined where the system does not tell. */
	born?: string;
}

export const ownIdentity = (): ProcessIdentity => ({ pid: process.pid, space: space(), born: born(process.pid) });

/** Whether a process still runs; undefined when that cannot be known from here. */
export function isRunning({ pid, space: itsSpace, born: itsBirth }: ProcessIdentity): boolean | undefined {
	if (itsSpace !== space()) return undefined;
	if (!isAlive(pid)) return false;
	const birth = born(pid);
	return itsBirth === undefined || birth === undefined ? undefined : itsBirth === birth;
}

function space(): string | undefined {
	return ifReadable(() => `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`);
}

function born(pid: number): string | undefined {
	return ifReadable(() => {
		// Behind the name, which is in brackets and may hold anything: first the state, as the twentieth the start.
		const words = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
		return words[0] === 'Z' ? 'ended, though its parent has not noticed' : words[19];
	});
}

/** Whether there is a process of this number, whosever it is. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM';
	}
}

function ifReadable(read: () => string | undefined): string | undefined {
	try {
		return read();
	} catch {
		return undefined;
	}
}

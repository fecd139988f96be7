import { spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** How a process ended. */
export interface ProcessExit {
	code: number | null;
	signal: NodeJS.Signals | null;
}

/** A child that runs in a process group of its own, so that it can be ended with everything it started. */
export interface ManagedProcess {
	readonly name: string;
	readonly pid: number;
	/** Standard output and error, appended. */
	readonly logFile: string;
	/** Resolves when the process is gone; never rejects. */
	readonly exited: Promise<ProcessExit>;
	readonly running: boolean;
	/** SIGTERM, then SIGKILL to the whole group when the grace is over; resolves when it is gone. */
	stop(graceMs?: number): Promise<void>;
	/** SIGKILL to the whole group, as a crash. */
	kill(): Promise<void>;
}

export interface ProcessOptions {
	name: string;
	command: string;
	args: string[];
	env: NodeJS.ProcessEnv;
	cwd?: string;
	logFile: string;
}

/** Ctrl-C, a service manager, a closed terminal: what must not leave processes behind. */
export const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const DEFAULT_GRACE_MS = 15_000;
const living = new Map<number, ManagedProcess>();

// The last resort when this process ends in an unforeseen way: nothing that it started may stay behind.
process.on('exit', () => [...living.keys()].forEach(killGroup));

/**
 * Names a folder in which each running child has a file with its process ID as name. A test file cannot react to the end of
 * jest itself (it sees a copy of `process`), so whoever can ends what is listed there: see `killListed`.
 */
export const PROCESS_LIST_VARIABLE = 'MESH_PROCESS_LIST';

/** Ends, as a crash would, every child that is listed in a folder. */
export function killListed(folder: string): void {
	readdirSync(folder).map(Number).forEach(killGroup);
}

/** Ends everything that was started here, last started first: n8n before the sandbox that it talks to. */
export async function stopAllProcesses(): Promise<void> {
	for (const child of [...living.values()].reverse()) await child.stop();
}

/** Starts a process; its exit is reported by `exited`, a command that cannot be started at all by code -1. */
export function startProcess(options: ProcessOptions): ManagedProcess {
	mkdirSync(dirname(options.logFile), { recursive: true });
	const log = openSync(options.logFile, 'a');
	const child = spawn(options.command, options.args, {
		cwd: options.cwd,
		env: options.env,
		detached: true,
		stdio: ['ignore', log, log],
	});
	closeSync(log);
	const pid = child.pid ?? -1;
	let running = pid > 0;
	const listFolder = process.env[PROCESS_LIST_VARIABLE];
	const listed = listFolder && running ? join(listFolder, String(pid)) : undefined;
	if (listed) writeFileSync(listed, '');
	const exited = new Promise<ProcessExit>((resolve) => {
		const settle = (exit: ProcessExit) => {
			running = false;
			if (listed) rmSync(listed, { force: true });
			killGroup(pid); // what the process may have left behind, such as n8n's task runner
			living.delete(pid);
			resolve(exit);
		};
		child.once('exit', (code, signal) => settle({ code, signal }));
		child.once('error', () => settle({ code: -1, signal: null }));
	});
	const managed: ManagedProcess = {
		name: options.name,
		pid,
		logFile: options.logFile,
		exited,
		get running() {
			return running;
		},
		async stop(graceMs = DEFAULT_GRACE_MS) {
			if (!running) return;
			child.kill('SIGTERM');
			const timer = setTimeout(() => killGroup(pid), graceMs);
			await exited;
			clearTimeout(timer);
		},
		async kill() {
			if (!running) return;
			killGroup(pid);
			await exited;
		},
	};
	if (pid > 0) living.set(pid, managed);
	return managed;
}

function killGroup(pid: number): void {
	if (pid <= 0) return;
	try {
		process.kill(-pid, 'SIGKILL');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ESRCH') process.emitWarning(`Process group ${pid} could not be ended`);
	}
}

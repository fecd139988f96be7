import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { problem } from '../terminal';

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
/** Becomes the command when it is told to, which is after its guard knows of it; ends when nobody is there to tell it. */
const GATE = 'read -r _ <&3 || exit 1; exec 3<&-; exec "$0" "$@"';
const living = new Map<number, ManagedProcess>();

/** Ends everything that was started here, last started first: n8n before the sandbox that it talks to. */
export async function stopAllProcesses(): Promise<void> {
	for (const child of [...living.values()].reverse()) await child.stop();
}

/** Starts a process; its exit is reported by `exited`, a command that does not exist by code 127. */
export function startProcess(options: ProcessOptions): ManagedProcess {
	mkdirSync(dirname(options.logFile), { recursive: true });
	const log = openSync(options.logFile, 'a');
	const guard = startGuard();
	const child = spawn('sh', ['-c', GATE, options.command, ...options.args], {
		cwd: options.cwd,
		env: options.env,
		detached: true,
		stdio: ['ignore', log, log, 'pipe'],
	});
	closeSync(log);
	const pid = child.pid ?? -1;
	let running = pid > 0;
	if (running) {
		guard.stdin?.write(`${pid}\n`);
		(child.stdio[3] as Socket).on('error', () => undefined).end('go\n');
	}
	const exited = new Promise<ProcessExit>((resolve) => {
		const settle = (exit: ProcessExit) => {
			running = false;
			guard.kill('SIGKILL');
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

/**
 * Starts a shell that is told a process group and waits for the end of this process, however it ends (crash, SIGKILL), and
 * then ends the group: its standard input is a pipe that closes with us. Nothing that was started may stay behind.
 */
function startGuard(): ChildProcess {
	const script = 'read -r group && { read -r _; kill -s KILL -- "-$group"; }';
	const guard = spawn('sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
	// Without a shell, or when it was ended by somebody: the group is still ended in the usual ways.
	guard.on('error', () => undefined);
	guard.stdin.on('error', () => undefined);
	guard.unref();
	(guard.stdin as Socket).unref();
	return guard;
}

function killGroup(pid: number): void {
	if (pid <= 0) return;
	try {
		process.kill(-pid, 'SIGKILL');
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ESRCH') process.emitWarning(`Process group ${pid} could not be ended`);
	}
}

export interface Command {
	/** What it does, for the error: "npm ci of n8n". */
	name: string;
	command: string;
	args: string[];
	cwd?: string;
	/** Added to this process's environment. */
	env?: NodeJS.ProcessEnv;
	/** Where its output goes. */
	logFile: string;
	timeoutMs: number;
}

const TAIL_LINES = 12;

/**
 * Runs a command to its end, output into a log file.
 * @throws a problem with the end of the output when it fails or takes too long
 */
export async function runCommand(command: Command): Promise<void> {
	const child: ManagedProcess = startProcess({ ...command, env: { ...process.env, ...command.env } });
	let timedOut = false;
	const timer = setTimeout(() => {
		timedOut = true;
		void child.kill();
	}, command.timeoutMs);
	const { code } = await child.exited;
	clearTimeout(timer);
	if (code === 0) return;
	const what = timedOut ? `took longer than ${command.timeoutMs / 1000} s` : `failed (exit code ${code})`;
	throw problem(`${command.name} ${what}; ${command.logFile} ends with:\n${await tail(command.logFile, TAIL_LINES)}`);
}

/** The last lines of a file; empty when there is no file. */
export async function tail(file: string, lines: number): Promise<string> {
	const text = await readFile(file, 'utf8').catch(() => '');
	return text.trimEnd().split('\n').slice(-lines).join('\n');
}

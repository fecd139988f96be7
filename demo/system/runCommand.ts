import { readFile } from 'node:fs/promises';
import { problem } from '../problem';
import { startProcess } from './managedProcess';
import type { ManagedProcess } from './managedProcess';

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

import { spawn } from 'node:child_process';
import { basename } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Command } from '../contenders/contender';
import type { OwnReport } from '../work';
import { watchPeakRss } from './peakRss';

/** What one process cost. */
export interface ProcessFigures extends OwnReport {
	/** From its start to its end, starting up included. */
	wallMs: number;
}

const MAX_ERROR_CHARACTERS = 2000;

/**
 * Runs a command to its end.
 * @throws when it fails; the message holds the line that says why
 */
export async function runCommand(command: Command): Promise<ProcessFigures> {
	const startedAt = performance.now();
	const child = spawn(command.program, command.args, {
		env: { ...process.env, ...command.env, NODE_OPTIONS: '' },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	let out = '';
	let errors = '';
	let peak: (() => number | undefined) | undefined;
	child.stdout.setEncoding('utf8').on('data', (text: string) => { out = (out + text).slice(-MAX_ERROR_CHARACTERS); });
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

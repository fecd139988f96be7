import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../n8n-lab/machine/processes';
import { demoFolder } from '../n8n-lab/paths';

export const root = join(__dirname, '..');

const TIMEOUT_MS = 15 * 60_000;

/** Empty for a file that is listed and deleted. */
export function read(path: string): string {
	try {
		return readFileSync(join(root, path), 'latin1');
	} catch {
		return '';
	}
}

export function json(path: string): object {
	return JSON.parse(readFileSync(join(root, path), 'utf8')) as object;
}

/** Standard output of a command; a failing one may have said something as well. */
export function output(command: string, parameters: string[], folder = root): string {
	try {
		return execFileSync(command, parameters, {
			cwd: folder,
			encoding: 'utf8',
			maxBuffer: 64 * 1024 * 1024,
			stdio: ['ignore', 'pipe', 'ignore'],
		});
	} catch (error) {
		return String(Reflect.get(error as object, 'stdout') ?? '');
	}
}

/** An empty object for what is no JSON. */
export function parsed(text: string): Record<string, unknown> {
	try {
		return JSON.parse(text) as Record<string, unknown>;
	} catch {
		return {};
	}
}

/** Runs a script of package.json and fails with the end of its output; the whole of it is in .mesh/. */
export async function npmRun(script: string, ...args: string[]): Promise<void> {
	mkdirSync(demoFolder, { recursive: true });
	await runCommand({
		name: `npm run ${script}`,
		command: 'npm',
		args: ['run', script, ...args],
		cwd: root,
		logFile: join(demoFolder, `release-${script}.log`),
		timeoutMs: TIMEOUT_MS,
	});
}

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(__dirname, '..');

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

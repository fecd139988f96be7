import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { problem } from '../terminal';
import { runCommand } from './processes';

const APT_TIMEOUT_MS = 600_000;

/** A program that is needed, and the Debian package that has it. */
export interface NeededProgram {
	program: string;
	debianPackage: string;
}

/**
 * Makes programs available: on Debian as root they are installed, elsewhere the person is told what to type.
 * @param whatFor such as "to compile sqlite3"
 * @param extraPackages Debian packages to install with them, such as fonts
 * @throws a problem that says which command installs what is missing
 */
export async function ensurePrograms(
	needed: NeededProgram[],
	whatFor: string,
	logFile: string,
	extraPackages: string[] = [],
): Promise<void> {
	const missing = needed.filter(({ program }) => !isOnPath(program));
	if (missing.length === 0) return;
	const packages = [...missing.map(({ debianPackage }) => debianPackage), ...extraPackages];
	const install = ['install', '-y', '--no-install-recommends', ...packages];
	if (!isOnPath('apt-get') || process.getuid?.() !== 0) {
		const programs = missing.map(({ program }) => program).join(', ');
		throw problem(`${programs} missing (needed ${whatFor}). Install it, on Debian or Ubuntu with: sudo apt-get ${install.join(' ')}`);
	}
	const env = { DEBIAN_FRONTEND: 'noninteractive' };
	await runCommand({ name: 'apt-get update', command: 'apt-get', args: ['update'], env, logFile, timeoutMs: APT_TIMEOUT_MS });
	await runCommand({ name: `apt-get ${install.join(' ')}`, command: 'apt-get', args: install, env, logFile, timeoutMs: APT_TIMEOUT_MS });
}

function isOnPath(program: string): boolean {
	const found = (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, program)));
	return found && runs(program);
}

/** A version manager's placeholder lies on the PATH and fails when it is called: ask the program itself. */
function runs(program: string): boolean {
	try {
		execFileSync(program, ['--version'], { stdio: 'ignore' });
		return true;
	} catch {
		return false;
	}
}

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import type { Machine } from './results';
import { REPOSITORY } from './session';
import type { OwnReport } from './work';

export function thisMachine(): Machine {
	const all = cpus();
	return {
		cpu: all[0]?.model.trim() ?? 'unknown',
		cores: all.length,
		memoryBytes: totalmem(),
		system: `${type()} ${release()}`,
		versions: {
			node: process.versions.node,
			openssl: process.versions.openssl,
			undici: packageVersion('undici'),
			'n8n-core': packageVersion('n8n-core'),
			curl: curlVersion(),
		},
	};
}

function packageVersion(name: string): string {
	try {
		const entry = createRequire(join(REPOSITORY, 'package.json')).resolve(name);
		const folder = entry.slice(0, entry.lastIndexOf(`node_modules/${name}/`) + `node_modules/${name}/`.length);
		return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
	} catch {
		return 'not installed';
	}
}

function curlVersion(): string {
	try {
		return /^curl (\S+)/.exec(execFileSync('curl', ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
	} catch {
		return 'not installed';
	}
}

/**
 * What a process that goes on running uses from now on (Linux; nothing elsewhere).
 * @returns a function that tells
 */
export function watchUsage(pid: number): () => Pick<OwnReport, 'cpuSeconds' | 'peakRssBytes'> {
	forgetPeakRss(pid);
	const before = cpuSecondsOf(pid);
	return () => {
		const after = cpuSecondsOf(pid);
		return { cpuSeconds: before === undefined || after === undefined ? undefined : after - before, peakRssBytes: peakRssOf(pid) };
	};
}

function cpuSecondsOf(pid: number): number | undefined {
	try {
		return cpuSeconds(pid);
	} catch {
		return undefined;
	}
}

/** Clock ticks of Linux's process statistics, fixed for programs. */
const TICKS_PER_SECOND = 100;

/** CPU time that a process has used so far, user and system, in seconds (Linux). */
export function cpuSeconds(pid: number): number {
	// The second field, the name in brackets, may hold spaces; fields 14 and 15 are the times.
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
	return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

const INTERVAL_MS = 20;
/** Sets Linux's high-water mark of a process's resident memory back to what is resident now. */
const RESET_PEAK = '5';

/** The highest resident memory of a process in bytes, as far as the system shows it (Linux). */
function peakRssOf(pid: number): number | undefined {
	try {
		const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
		return found ? Number(found[1]) * 1024 : undefined;
	} catch {
		return undefined; // it has ended, or this is not Linux
	}
}

/** From here on `peakRssOf` tells the peak since now; where the system does not let us, that of the whole life. */
function forgetPeakRss(pid: number): void {
	try {
		writeFileSync(`/proc/${pid}/clear_refs`, RESET_PEAK);
	} catch {
		// Not Linux, or not allowed.
	}
}

/**
 * Follows the highest resident memory of another process, as far as the system shows it (Linux).
 * @returns a function that stops and tells, in bytes
 */
export function watchPeakRss(pid: number): () => number | undefined {
	let peakBytes: number | undefined;
	const look = (): void => {
		peakBytes = peakRssOf(pid) ?? peakBytes;
	};
	look();
	const timer = setInterval(look, INTERVAL_MS);
	return () => {
		clearInterval(timer);
		return peakBytes;
	};
}

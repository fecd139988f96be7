import { readFileSync, writeFileSync } from 'node:fs';

const INTERVAL_MS = 20;
/** Sets Linux's high-water mark of a process's resident memory back to what is resident now. */
const RESET_PEAK = '5';

/** The highest resident memory of a process in bytes, as far as the system shows it (Linux). */
export function peakRssOf(pid: number): number | undefined {
	try {
		const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
		return found ? Number(found[1]) * 1024 : undefined;
	} catch {
		return undefined; // it has ended, or this is not Linux
	}
}

/** From here on `peakRssOf` tells the peak since now; where the system does not let us, that of the whole life. */
export function forgetPeakRss(pid: number): void {
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
	const look = (): void => { peakBytes = peakRssOf(pid) ?? peakBytes; };
	look();
	const timer = setInterval(look, INTERVAL_MS);
	return () => {
		clearInterval(timer);
		return peakBytes;
	};
}

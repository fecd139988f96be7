import { readFileSync } from 'node:fs';

const INTERVAL_MS = 20;

/**
 * Follows the highest resident memory of another process, as far as the system shows it (Linux).
 * @returns a function that stops and tells, in bytes
 */
export function watchPeakRss(pid: number): () => number | undefined {
	let peakBytes: number | undefined;
	const look = (): void => {
		try {
			const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
			if (found) peakBytes = Number(found[1]) * 1024;
		} catch {
			// It has ended, or this is not Linux.
		}
	};
	look();
	const timer = setInterval(look, INTERVAL_MS);
	return () => {
		clearInterval(timer);
		return peakBytes;
	};
}

/** Numbers as people read them, in log lines and hints. */

const SIZE_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** Such as `231 MB`, in powers of 1000. */
export function readableSize(bytes: number): string {
	const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), SIZE_UNITS.length - 1);
	const value = bytes / 1000 ** power;
	return `${value.toFixed(power > 0 && value < 10 ? 1 : 0)} ${SIZE_UNITS[power]}`;
}

/** Such as `12 MB/s`; undefined where no time has passed. */
export function readableRate(bytes: number, milliseconds: number): string | undefined {
	return milliseconds > 0 ? `${readableSize((bytes * 1000) / milliseconds)}/s` : undefined;
}

/** Such as `0.4 s`, `27 min 40 s`, `3 h 5 min`. */
export function readableDuration(milliseconds: number): string {
	const seconds = Math.max(milliseconds, 0) / 1000;
	if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
	const whole = Math.round(seconds);
	if (whole < 60) return `${whole} s`;
	if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
	return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Such as `1,180 chunks`. */
export function counted(count: number, noun: string): string {
	// Grouping digits costs as much as a good part of a request; every message has its number of chunks told.
	return `${count < 1000 ? count : count.toLocaleString('en-GB')} ${noun}${count === 1 ? '' : 's'}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** @param {number} number */
const two = (number) => String(number).padStart(2, '0');

/**
 * Decimal units, as MESH's own limits are.
 * @param {number} bytes
 */
export function formatBytes(bytes) {
	if (bytes < 1000) return `${bytes} B`;
	const units = ['kB', 'MB', 'GB', 'TB'];
	let value = bytes / 1000;
	let unit = 0;
	while (value >= 999.5 && unit < units.length - 1) {
		value /= 1000;
		unit++;
	}
	return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/**
 * The UTC day: `2026-11-22`.
 * @param {number} at
 */
export const dayOf = (at) => new Date(at).toISOString().slice(0, 10);

/**
 * UTC, as everything in MESH: `13:02:11`, or `21 Nov 13:02` when it is not of `today`.
 * @param {number} at
 * @param {string} today
 */
export function formatTime(at, today) {
	const date = new Date(at);
	const time = date.toISOString().slice(11, 19);
	return dayOf(at) === today ? time : `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${time.slice(0, 5)}`;
}

/** @param {number} at */
export function formatMilliseconds(at) {
	return new Date(at).toISOString().slice(11, 23);
}

/**
 * `22 Nov 2026, 13:02:11 UTC`
 * @param {number} at
 */
export function formatFullTime(at) {
	const date = new Date(at);
	return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}, ${date.toISOString().slice(11, 19)} UTC`;
}

/**
 * `22 Nov, 13:02`
 * @param {number} at
 */
export function formatClock(at) {
	const date = new Date(at);
	return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}, ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

/**
 * The two largest units: `5 days 3 h`.
 * @param {number} ms
 */
export function formatDuration(ms) {
	const minutes = Math.round(ms / 60_000);
	const days = Math.floor(minutes / 1440);
	const hours = Math.floor((minutes % 1440) / 60);
	const parts = [days > 0 && `${days} day${days === 1 ? '' : 's'}`, hours > 0 && `${hours} h`, minutes % 60 > 0 && `${minutes % 60} min`];
	return parts.filter(Boolean).slice(0, 2).join(' ') || '0 min';
}

/**
 * Seconds, where minutes would be too coarse: `9 s`.
 * @param {number} ms
 */
export const formatRest = (ms) => (ms < 120_000 ? `${Math.max(0, Math.ceil(ms / 1000))} s` : formatDuration(ms));

/**
 * @param {number} count
 * @param {string} noun
 */
export const formatCount = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;

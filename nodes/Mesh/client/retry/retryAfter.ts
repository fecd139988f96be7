/** `Retry-After` in milliseconds from now: seconds or an HTTP date; `undefined` when absent or unreadable. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
	if (value === undefined) return undefined;
	const text = value.trim();
	if (/^\d{1,9}(\.\d{1,9})?$/.test(text)) return Number(text) * 1000;
	// Only a form with letters: Date.parse reads bare numbers as years.
	if (!/^[A-Za-z]{3}/.test(text)) return undefined;
	const at = Date.parse(text);
	return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

import { byId, element } from './element.js';

const SHOWN_MS = 6000;

/**
 * Says briefly what has happened; screen readers read it out.
 * @param {string} text
 */
export function toast(text) {
	const line = element('p', { text });
	byId('toasts').append(line);
	setTimeout(() => line.remove(), SHOWN_MS);
}

/**
 * Runs something a button asked for, and says what went wrong.
 * @param {() => Promise<unknown>} action
 * @param {string} done
 */
export async function attempt(action, done) {
	try {
		await action();
		toast(done);
	} catch (error) {
		toast(error instanceof Error ? error.message : String(error));
	}
}

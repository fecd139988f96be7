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
 * Says what went wrong until it is dismissed: it may take longer to read, or happen while nobody looks.
 * @param {unknown} error
 */
export function errorToast(error) {
	const text = error instanceof Error ? error.message : String(error);
	const toasts = byId('toasts');
	if ([...toasts.querySelectorAll('.error span')].some((shown) => shown.textContent === text)) return;
	const dismiss = element('button', { type: 'button', class: 'small', text: 'Dismiss', 'aria-label': `Dismiss: ${text}` });
	const line = element('p', { class: 'error' }, element('span', { text }), dismiss);
	dismiss.addEventListener('click', () => {
		line.remove();
		// The keyboard's place would be lost with the button.
		(toasts.querySelector('button') ?? byId('content')).focus();
	});
	toasts.append(line);
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
		errorToast(error);
	}
}

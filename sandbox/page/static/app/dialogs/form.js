import { append, element } from '../element.js';

let lastId = 0;

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Control */

/**
 * A labelled control.
 * @param {string} label
 * @param {Control} control
 * @param {{ hint?: string, wide?: boolean }} [more]
 */
export function field(label, control, { hint, wide } = {}) {
	control.id ||= `field-${++lastId}`;
	const hintId = `${control.id}-hint`;
	if (hint) control.setAttribute('aria-describedby', hintId);
	return element(
		'div',
		{ class: wide ? 'field wide' : 'field' },
		element('label', { for: control.id, text: label }),
		control,
		hint && element('p', { class: 'hint', id: hintId, text: hint }),
	);
}

/**
 * @param {string} label
 * @param {HTMLInputElement} control
 */
export const checkField = (label, control) => element('div', { class: 'field' }, element('label', { class: 'check' }, control, label));

/**
 * @param {Array<{ value: string, text: string }>} options
 * @param {Record<string, unknown>} [properties]
 */
export function select(options, properties) {
	const control = element('select', properties);
	append(
		control,
		options.map(({ value, text }) => element('option', { value, text })),
	);
	return control;
}

/** @param {Record<string, unknown>} [properties] */
export const input = (properties) => element('input', { type: 'text', autocomplete: 'off', spellcheck: 'false', ...properties });

/** A choice of mailboxes. @param {import('../types.js').MailboxSummary[]} mailboxes @param {string} [chosen] */
export function mailboxSelect(mailboxes, chosen) {
	const control = select(mailboxes.map(({ mailboxId, name }) => ({ value: mailboxId, text: `${mailboxId} (${name})` })));
	if (chosen && mailboxes.some(({ mailboxId }) => mailboxId === chosen)) control.value = chosen;
	return control;
}

/**
 * @typedef {object} DialogOptions
 * @property {string} title
 * @property {string} [description]
 * @property {import('../element.js').Child[]} [before] shown above the form
 * @property {import('../element.js').Child[]} fields
 * @property {string} submit text of the button
 * @property {boolean} [danger]
 * @property {() => Promise<boolean | void>} onSubmit throws an error to be shown in the dialog; false keeps it open
 */

/**
 * Opens a dialog with a form; it is gone from the page when it closes.
 * @param {DialogOptions} options
 */
export function openDialog({ title, description, before = [], fields, submit, danger, onSubmit }) {
	const problem = element('p', { class: 'problem', role: 'alert', hidden: true });
	const submitButton = element('button', { type: 'submit', class: danger ? 'danger' : 'primary', text: submit });
	const cancel = element('button', { type: 'button', class: 'quiet', text: 'Cancel', onclick: () => dialog.close() });
	const form = element('form', { novalidate: true }, ...fields, problem, element('div', { class: 'buttons' }, cancel, submitButton));
	const dialog = element(
		'dialog',
		{ 'aria-labelledby': 'dialog-title', onclose: () => dialog.remove() },
		element('header', {}, element('h2', { id: 'dialog-title', text: title }), description && element('p', { text: description })),
		...before,
		form,
	);
	form.addEventListener('submit', async (event) => {
		event.preventDefault();
		submitButton.disabled = true;
		try {
			if ((await onSubmit()) !== false) dialog.close();
		} catch (error) {
			problem.textContent = error instanceof Error ? error.message : String(error);
			problem.hidden = false;
		} finally {
			submitButton.disabled = false;
		}
	});
	document.body.append(dialog);
	dialog.showModal();
	// Not on whatever comes first: that may be a button which clears or moves something.
	/** @type {HTMLElement | null} */ (form.querySelector('input, select, textarea'))?.focus();
	return dialog;
}

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
	return element('div', { class: wide ? 'field wide' : 'field' }, element('label', { for: control.id, text: label }), control, hint && element('p', { class: 'hint', id: hintId, text: hint }));
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
	append(control, options.map(({ value, text }) => element('option', { value, text })));
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

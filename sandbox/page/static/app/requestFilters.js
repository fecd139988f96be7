import { CALL_NAMES } from './callNames.js';
import { element } from './element.js';
import { isTrouble } from './status.js';

/**
 * Which requests are wanted.
 * @param {() => void} onChange
 */
export function createRequestFilters(onChange) {
	const mailboxes = element('select', { 'aria-label': 'Mailbox', onchange: onChange });
	const calls = element('select', { 'aria-label': 'Call', onchange: onChange }, option('', 'All calls'));
	calls.append(...Object.entries(CALL_NAMES).map(([name, text]) => option(name, text)), option('connection', 'Connection'));
	const words = element('input', { type: 'search', placeholder: 'Search path or outcome', 'aria-label': 'Search path or outcome', oninput: onChange });
	const trouble = element('input', { type: 'checkbox', onchange: onChange });
	const word = () => words.value.trim().toLowerCase();
	return {
		nodes: [mailboxes, calls, words, check(trouble, 'Only refused or failed')],
		isSet: () => mailboxes.value !== '' || calls.value !== '' || word() !== '' || trouble.checked,
		/** @param {import('./types.js').RecordedRequest} request */
		isWanted(request) {
			const { mailboxId, call, path, outcome } = request;
			const isOfPlace = (!mailboxes.value || mailboxId === mailboxes.value) && (!calls.value || call === calls.value);
			return isOfPlace && (!word() || `${path} ${outcome}`.toLowerCase().includes(word())) && (!trouble.checked || isTrouble(request));
		},
		/** @param {import('./types.js').MailboxSummary[]} known */
		setMailboxes(known) {
			const chosen = mailboxes.value;
			mailboxes.replaceChildren(option('', 'All mailboxes'), ...known.map(({ mailboxId }) => option(mailboxId, mailboxId)));
			mailboxes.value = known.some(({ mailboxId }) => mailboxId === chosen) ? chosen : '';
		},
	};
}

/**
 * @param {string} value
 * @param {string} text
 */
const option = (value, text) => element('option', { value, text });

/**
 * @param {HTMLInputElement} input
 * @param {string} text
 */
export const check = (input, text) => element('label', { class: 'check' }, input, text);

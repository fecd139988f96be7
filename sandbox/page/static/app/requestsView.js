import { CALL_NAMES } from './callNames.js';
import { element } from './element.js';
import { formatCount } from './format.js';
import { createRequestDetail } from './requestDetail.js';
import { createRequestTable } from './requestTable.js';
import { isTrouble } from './status.js';

/** @typedef {import('./types.js').RecordedRequest} RecordedRequest */

/** As many as the sandbox sends to a page that has just been opened. */
const KEPT = 500;
/** As many as the sandbox keeps of connections that failed before there was a request. */
const KEPT_FAILURES = 100;

/** All requests as they come in, with filters. */
export function createRequestsView() {
	/** @type {Map<number, RecordedRequest>} */
	let requests = new Map();
	/** @type {number | undefined} */
	let openId;
	/** @type {RecordedRequest[] | undefined} What stands still while paused. */
	let frozen;

	const table = createRequestTable();
	const detail = createRequestDetail();
	const mailboxes = element('select', { 'aria-label': 'Mailbox', onchange: update });
	const calls = element('select', { 'aria-label': 'Call', onchange: update }, option('', 'All calls'));
	calls.append(...Object.entries(CALL_NAMES).map(([name, text]) => option(name, text)), option('connection', 'Connection'));
	const words = element('input', { type: 'search', placeholder: 'Search path or outcome', 'aria-label': 'Search path or outcome', oninput: update });
	const trouble = element('input', { type: 'checkbox', onchange: update });
	const paused = element('input', { type: 'checkbox', onchange: pause });
	const summary = element('p', { class: 'muted', 'aria-live': 'polite' });
	const empty = element('div', { class: 'empty' });
	const list = element(
		'section',
		{ class: 'panel', 'aria-labelledby': 'requests-title' },
		element(
			'header',
			{},
			element('h2', { id: 'requests-title', text: 'Requests' }),
			element('div', { class: 'filters', role: 'group', 'aria-label': 'Filters' }, mailboxes, calls, words, check(trouble, 'Only refused or failed'), check(paused, 'Pause')),
			summary,
		),
		element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'List of requests' }, table.node, empty),
	);
	const node = element('div', { class: 'columns requests' }, list, detail.node);

	/** @param {RecordedRequest} request */
	function isWanted({ mailboxId, call, path, outcome }) {
		const word = words.value.trim().toLowerCase();
		return (!mailboxes.value || mailboxId === mailboxes.value) && (!calls.value || call === calls.value) && (!word || `${path} ${outcome}`.toLowerCase().includes(word));
	}

	function update() {
		const all = frozen ?? [...requests.values()].sort((a, b) => b.id - a.id);
		const shown = all.filter((request) => isWanted(request) && (!trouble.checked || isTrouble(request)));
		table.update(shown, openId);
		table.node.hidden = shown.length === 0;
		summary.textContent = shown.length === all.length ? formatCount(all.length, 'request') : `${shown.length} of ${formatCount(all.length, 'request')}`;
		empty.hidden = shown.length > 0;
		empty.replaceChildren(
			element('strong', { text: all.length === 0 ? 'No requests yet' : 'No request fits these filters' }),
			all.length === 0 ? 'Point a client at the address above: every request shows here with its outcome and, if it was refused, the reason.' : '',
		);
		detail.node.hidden = openId === undefined;
		node.classList.toggle('with-detail', openId !== undefined);
		node.classList.toggle('opened', openId !== undefined);
		if (openId !== undefined) detail.update(requests.get(openId) ?? frozen?.find(({ id }) => id === openId));
	}

	function pause() {
		frozen = paused.checked ? [...requests.values()].sort((a, b) => b.id - a.id) : undefined;
		update();
	}

	return {
		node,
		focusDetail: detail.focus,
		/** @param {{ oldest: number | null, requests: RecordedRequest[] }} event */
		merge({ oldest, requests: changed }) {
			for (const request of changed) requests.set(request.id, request);
			const kept = [...requests.values()].filter(({ id }) => oldest !== null && id >= oldest).sort((a, b) => a.id - b.id);
			const failures = kept.filter(({ call }) => call === 'connection');
			const dropped = new Set(failures.slice(0, -KEPT_FAILURES));
			requests = new Map(kept.filter((request) => !dropped.has(request)).slice(-KEPT).map((request) => [request.id, request]));
			if (node.isConnected) update();
		},
		/** @param {import('./types.js').MailboxSummary[]} known */
		setMailboxes(known) {
			const chosen = mailboxes.value;
			mailboxes.replaceChildren(option('', 'All mailboxes'), ...known.map(({ mailboxId }) => option(mailboxId, mailboxId)));
			mailboxes.value = known.some(({ mailboxId }) => mailboxId === chosen) ? chosen : '';
		},
		/** @param {import('./route.js').RequestsRoute} route */
		show({ requestId }) {
			openId = requestId;
			update();
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
const check = (input, text) => element('label', { class: 'check' }, input, text);

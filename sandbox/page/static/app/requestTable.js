import { answerPill, callName, describeOutcome, isTrouble } from './labels.js';
import { element, keyedList, setAttribute } from './element.js';
import { formatBytes, formatFullTime, formatMilliseconds } from './format.js';
import { requestsLink } from './route.js';

/** @typedef {import('./types.js').RecordedRequest} RecordedRequest */

const PREFIX = '/messageexchange/';
const COLUMNS = [
	['at', 'Time (UTC)'],
	['what', 'Call'],
	['status', 'Answer'],
	['outcome', 'Outcome'],
	['bytes', 'In / out'],
	['on', 'Conn.'],
];

/** The requests, newest first; a row opens its details. */
export function createRequestTable() {
	const body = element('tbody');
	const table = element(
		'table',
		{ class: 'log', 'aria-labelledby': 'requests-title' },
		element(
			'thead',
			{},
			element(
				'tr',
				{},
				COLUMNS.map(([name, text]) => element('th', { scope: 'col', class: name, text })),
			),
		),
		body,
	);
	body.addEventListener('click', (event) => {
		const row = event.target instanceof Element && !event.target.closest('a') ? event.target.closest('tr') : null;
		row?.querySelector('a')?.click();
	});
	const show = keyedList(body, ({ id }) => id, requestRow);
	return {
		node: table,
		/**
		 * @param {RecordedRequest[]} requests
		 * @param {number | undefined} openId
		 */
		update(requests, openId) {
			show(requests, undefined);
			for (const row of body.rows) {
				const isOpen = row.dataset.request === String(openId);
				row.classList.toggle('selected', isOpen);
				const link = row.querySelector('a');
				if (link) setAttribute(link, 'aria-current', isOpen && 'true');
			}
		},
	};
}

/** @param {RecordedRequest} request */
function requestRow(request) {
	const { id, method, path, call, outcome, warning, requestBytes, responseBytes, connection, at } = request;
	const shortPath = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : path;
	return element(
		'tr',
		{ 'data-request': id, class: isTrouble(request) && 'refused' },
		element(
			'td',
			{ class: 'at' },
			element('time', { datetime: new Date(at).toISOString(), title: formatFullTime(at), text: formatMilliseconds(at) }),
		),
		element(
			'td',
			{ class: 'what' },
			element('a', { href: requestsLink(id), text: callName(call) }),
			element('span', { class: 'path mono', title: path, text: `${method} ${shortPath}`.trim() }),
		),
		element('td', { class: 'status' }, answerPill(request)),
		element(
			'td',
			{ class: 'outcome' },
			element('span', { class: outcome === 'ok' && 'fine', text: describeOutcome(outcome) }),
			warning !== undefined && element('span', { class: 'warning', text: warning }),
		),
		element('td', { class: 'bytes', text: `${formatBytes(requestBytes)} / ${formatBytes(responseBytes)}` }),
		element('td', { class: 'on', text: `#${connection}` }),
	);
}

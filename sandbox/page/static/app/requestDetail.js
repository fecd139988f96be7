import { adviceFor, answerPill, callName, describeOutcome, isTrouble } from './labels.js';
import { element } from './element.js';
import { formatBytes, formatFullTime } from './format.js';
import { headerTable } from './messageDetail.js';
import { messagesLink, requestsLink } from './route.js';

/** @typedef {import('./types.js').RecordedRequest} RecordedRequest */

/** One request: why it ended as it did, and what the client sent. */
export function createRequestDetail() {
	const node = element('section', { class: 'panel detail', 'aria-label': 'Request details' });
	let shown = '';
	return {
		node,
		/** @param {RecordedRequest | undefined} request */
		update(request) {
			const print = JSON.stringify(request) ?? '';
			if (print === shown) return;
			shown = print;
			node.replaceChildren(...(request ? content(request) : [gone()]));
		},
		/** For narrow screens, where the details take the place of the table. */
		focus: () => node.querySelector('h2')?.focus(),
	};
}

function gone() {
	return element(
		'div',
		{ class: 'empty' },
		element('strong', { text: 'This request is no longer in the log' }),
		element('a', { href: requestsLink(), text: 'Close' }),
	);
}

/** @param {RecordedRequest} request */
function content(request) {
	const { call, outcome, warning } = request;
	const advice = adviceFor(request);
	return [
		element(
			'header',
			{},
			element(
				'div',
				{ class: 'title' },
				element('h2', { tabindex: -1, text: callName(call) }),
				element('p', {}, answerPill(request), formatFullTime(request.at)),
			),
			element('a', { href: requestsLink(), text: 'Close' }),
		),
		element(
			'div',
			{ class: 'scroll' },
			isTrouble(request) &&
				element(
					'section',
					{ 'aria-label': 'Outcome' },
					element(
						'div',
						{ class: 'callout' },
						element('p', {}, element('strong', { text: describeOutcome(outcome) })),
						advice && element('p', { text: advice }),
					),
				),
			warning !== undefined &&
				element(
					'section',
					{ 'aria-label': 'Warning' },
					element('p', { class: 'callout warn', text: `${warning}. The real service may refuse it.` }),
				),
			...(call === 'connection' ? [] : sent(request)),
			element('section', { 'aria-labelledby': 'request-facts' }, element('h3', { id: 'request-facts', text: 'About' }), facts(request)),
		),
	];
}

/** @param {RecordedRequest} request */
function sent({ method, path, query, headers }) {
	const text = new URLSearchParams(query).toString();
	return [
		element(
			'section',
			{ 'aria-labelledby': 'line-title' },
			element('h3', { id: 'line-title', text: 'Request' }),
			element('pre', {
				class: 'content',
				tabindex: 0,
				role: 'region',
				'aria-label': 'Method, path and query',
				text: `${method} ${path}${text ? `?${text}` : ''}`,
			}),
		),
		element(
			'section',
			{ 'aria-labelledby': 'sent-headers' },
			element('h3', { id: 'sent-headers', text: 'Headers as sent (secrets left out)' }),
			headerTable(headers),
		),
	];
}

/** @param {RecordedRequest} request */
function facts({ mailboxId, messageId, chunk, requestBytes, responseBytes, connection, call }) {
	const box = call === 'send' || call === 'sendChunk' || call === 'track' ? 'outbox' : 'inbox';
	const link = messageId && mailboxId && element('a', { class: 'mono', href: messagesLink(mailboxId, box, messageId), text: messageId });
	/** @type {Array<[string, import('./element.js').Child]>} */
	const rows = [
		['Mailbox', mailboxId && element('code', { text: mailboxId })],
		['Message', link],
		['Chunk', chunk === undefined ? '' : String(chunk)],
		['Body received', call !== 'connection' && formatBytes(requestBytes)],
		['Body answered', call !== 'connection' && formatBytes(responseBytes)],
		['Connection', `#${connection}`],
	];
	return element(
		'dl',
		{ class: 'facts' },
		...rows.flatMap(([name, value]) => (value ? [element('div', {}, element('dt', { text: name }), element('dd', {}, value))] : [])),
	);
}

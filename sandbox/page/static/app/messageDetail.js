import { addEvent } from './api.js';
import { element, keepChildren } from './element.js';
import { formatBytes, formatClock, formatFullTime, formatMilliseconds } from './format.js';
import { statusLabel, statusMeaning, statusPill } from './labels.js';
import { createPreview } from './preview.js';
import { messagesLink } from './route.js';
import { attempt, toast } from './toast.js';

/**
 * @typedef {import('./types.js').MessageDetails} MessageDetails
 * @typedef {import('./route.js').MessagesRoute} MessagesRoute
 */

/**
 * Everything about one message.
 * @param {(message: MessageDetails) => void} onReport
 */
export function createMessageDetail(onReport) {
	const node = element('section', { class: 'panel detail', 'aria-label': 'Message' });
	let shown = '';
	/** @type {ReturnType<typeof createPreview> | undefined} */
	let preview;
	/** What scrolls, as long as the same message is open. */
	let scroll = element('div', { class: 'scroll' });
	return {
		node,
		/**
		 * @param {MessageDetails | undefined} message
		 * @param {MessagesRoute} route
		 */
		update(message, route) {
			const print = JSON.stringify([message, route]);
			if (print === shown) return;
			const isSame = message !== undefined && node.dataset.message === message.messageId;
			const scrolled = isSame ? scroll.scrollTop : 0;
			const focused = isSame ? document.activeElement?.id : '';
			shown = print;
			node.dataset.message = message?.messageId ?? '';
			if (!isSame) {
				node.replaceChildren();
				scroll = element('div', { class: 'scroll' });
				preview = message?.type === 'DATA' ? createPreview(message) : undefined;
			}
			if (!message) return node.replaceChildren(nothing(route));
			preview?.update(message);
			keepChildren(scroll, sections(message, route, preview?.node));
			keepChildren(node, [header(message, route, onReport), scroll]);
			scroll.scrollTop = scrolled;
			if (focused) document.getElementById(focused)?.focus();
		},
		/** For narrow screens, where opening a message hides the list. */
		focus: () => node.querySelector('h2')?.focus(),
	};
}

/** @param {MessagesRoute} route */
function nothing({ messageId }) {
	const text = messageId
		? 'It may have been deleted, or the sandbox was reset.'
		: 'Choose one from the list to see its headers, chunks, history and content.';
	return element('div', { class: 'empty' }, element('strong', { text: messageId ? 'There is no such message' : 'No message open' }), text);
}

/**
 * @param {MessageDetails} message
 * @param {MessagesRoute} route
 * @param {(message: MessageDetails) => void} onReport
 */
function header(message, route, onReport) {
	const { messageId, type, chunks } = message;
	return element(
		'header',
		{},
		element(
			'div',
			{ class: 'title' },
			element('a', { class: 'back', href: messagesLink(route.mailboxId ?? message.to, route.box), text: '← Back to the list' }),
			element('h2', { class: 'mono', tabindex: -1, text: messageId }),
			element(
				'p',
				{},
				type === 'REPORT' && element('span', { class: 'pill report', text: 'report' }),
				statusPill({ ...message, chunksReceived: chunks.length }),
				statusMeaning(message),
			),
		),
		element('div', { class: 'buttons start' }, buttons(message, onReport)),
	);
}

/**
 * @param {MessageDetails} message
 * @param {MessagesRoute} route
 * @param {Element | undefined} preview
 */
function sections(message, route, preview) {
	return [
		message.statusDescription !== undefined && element('section', { 'aria-label': 'Reason' }, reason(message)),
		element('section', { 'aria-labelledby': 'facts-title' }, element('h3', { id: 'facts-title', text: 'About' }), facts(message, route)),
		preview,
		element('section', { 'aria-labelledby': 'history-title' }, element('h3', { id: 'history-title', text: 'History' }), history(message)),
		message.chunkCount > 1 &&
			element(
				'section',
				{ 'aria-labelledby': 'chunks-title' },
				element('h3', { id: 'chunks-title', text: 'Chunks' }),
				createChunkTable(message),
			),
		element(
			'section',
			{ 'aria-labelledby': 'headers-title' },
			element('h3', { id: 'headers-title', text: 'Headers of a download' }),
			headerTable(message.headers),
		),
	];
}

/**
 * @param {MessageDetails} message
 * @param {(message: MessageDetails) => void} onReport
 */
function buttons(message, onReport) {
	const { messageId, type, status } = message;
	/** @param {string} id @param {string} text @param {() => void} onclick */
	const button = (id, text, onclick) => element('button', { type: 'button', class: 'small', id, text, onclick });
	return [
		button('copy-id', 'Copy ID', () => void navigator.clipboard.writeText(messageId).then(() => toast('Message ID copied'))),
		status === 'accepted' &&
			button(
				'acknowledge',
				'Acknowledge',
				() => void attempt(() => addEvent(messageId, { status: 'acknowledged' }), 'Acknowledged in the name of the recipient'),
			),
		(status === 'acknowledged' || status === 'undeliverable') &&
			button(
				'put-back',
				'Put back into the inbox',
				() => void attempt(() => addEvent(messageId, { status: 'accepted' }), 'The message is waiting again'),
			),
		type === 'DATA' && button('report-failure', 'Report a failure…', () => onReport(message)),
	];
}

/** @param {MessageDetails} message */
function reason({ statusCode, statusDescription, type }) {
	return element(
		'p',
		{ class: `callout${type === 'REPORT' ? ' calm' : ''}` },
		statusCode ? element('strong', { text: `${statusCode}: ` }) : null,
		statusDescription,
	);
}

/**
 * @param {MessageDetails} message
 * @param {MessagesRoute} route
 */
function facts(message, { mailboxId, box }) {
	const { linkedMessageId, headers } = message;
	const link =
		linkedMessageId &&
		element('a', { class: 'mono', href: messagesLink(mailboxId ?? message.to, box, linkedMessageId), text: linkedMessageId });
	/** @type {Array<[string, import('./element.js').Child]>} */
	const rows = [
		['From', message.from && element('code', { text: message.from })],
		['To', element('code', { text: message.to })],
		['Workflow ID', message.workflowId],
		['Subject', message.subject],
		['Local ID', message.localId],
		['File name', message.fileName],
		['Content type', message.contentType],
		['Partner ID', message.partnerId],
		['Checksum', message.checksum],
		[
			'Size as sent',
			message.type === 'DATA' && `${formatBytes(message.bytes)}${message.contentEncoding ? `, ${message.contentEncoding}` : ''}`,
		],
		['Flags', [message.encrypted && 'encrypted', message.compressed && 'compressed'].filter(Boolean).join(', ')],
		['Created', formatFullTime(message.createdAt)],
		['Expires', message.status === 'accepted' && formatFullTime(message.expiresAt)],
		[message.type === 'REPORT' ? 'Failed message' : 'Report', link],
		['Event', message.type === 'REPORT' && headers['mex-statusevent']],
	];
	return element(
		'dl',
		{ class: 'facts' },
		...rows.flatMap(([name, value]) => (value ? [element('div', {}, element('dt', { text: name }), element('dd', {}, value))] : [])),
	);
}

/** @param {MessageDetails} message */
function history({ history: events }) {
	return element(
		'ol',
		{ class: 'timeline' },
		events.map(({ at, status, event, code, description }) =>
			element(
				'li',
				{},
				element('time', {
					datetime: new Date(at).toISOString(),
					text: `${formatClock(at)}:${formatMilliseconds(at).slice(6, 8)}`,
					title: formatFullTime(at),
				}),
				element(
					'div',
					{},
					element('strong', { text: statusLabel(status) }),
					element('p', { text: [event, code, description].filter(Boolean).join(' · ') }),
				),
			),
		),
	);
}

/** @param {Record<string, string>} headers */
export function headerTable(headers) {
	return element(
		'table',
		{ class: 'pairs mono' },
		element(
			'thead',
			{ class: 'visually-hidden' },
			element('tr', {}, element('th', { scope: 'col', text: 'Header' }), element('th', { scope: 'col', text: 'Value' })),
		),
		element(
			'tbody',
			{},
			Object.entries(headers).map(([name, value]) =>
				element('tr', {}, element('th', { scope: 'row', text: name }), element('td', { text: value })),
			),
		),
	);
}

/** A message may declare far more chunks than a page can show. */
const SHOWN_ROWS = 100;
const SHOWN_RANGES = 20;

/** @param {number} number */
const inWords = (number) => number.toLocaleString('en-GB');

/**
 * Which chunks have arrived, and how large they are. Of many only the first that arrived have a row, and words say the rest.
 * @param {import('./types.js').MessageDetails} message
 */
function createChunkTable({ chunkCount, chunkBytes, chunks }) {
	const isShort = chunkCount <= SHOWN_ROWS;
	const numbers = isShort ? Array.from({ length: chunkCount }, (_, index) => index + 1) : chunks.slice(0, SHOWN_ROWS);
	return [
		!isShort && element('p', { class: 'chunk-words', text: describeChunks(chunks, chunkCount) }),
		!isShort && chunks.length > SHOWN_ROWS && element('p', { class: 'muted', text: `The first ${SHOWN_ROWS} that have arrived:` }),
		element(
			'table',
			{ class: 'pairs' },
			element(
				'thead',
				{},
				element(
					'tr',
					{},
					element('th', { scope: 'col', text: 'Number' }),
					element('th', { scope: 'col', class: 'number', text: 'Bytes as sent' }),
					element('th', { scope: 'col', text: 'State' }),
				),
			),
			element(
				'tbody',
				{},
				numbers.map((number) => chunkRow(number, chunkCount, chunkBytes[number])),
			),
		),
	];
}

/**
 * @param {number} number
 * @param {number} chunkCount
 * @param {number | undefined} bytes
 */
function chunkRow(number, chunkCount, bytes) {
	return element(
		'tr',
		{},
		element('th', { scope: 'row', text: `${number} of ${chunkCount}` }),
		element('td', { class: 'number', text: bytes === undefined ? '' : inWords(bytes) }),
		element(
			'td',
			{},
			element('span', {
				class: `pill ${bytes === undefined ? 'uploading' : 'success'}`,
				text: bytes === undefined ? 'missing' : 'arrived',
			}),
		),
	);
}

/**
 * `Arrived: 1–7, 9 (8 of 10,000). Missing: 8, 10–10,000 (9,992).`
 * @param {number[]} arrived ascending
 * @param {number} chunkCount
 */
function describeChunks(arrived, chunkCount) {
	const missing = chunkCount - arrived.length;
	const parts = [
		`Arrived: ${arrived.length === 0 ? 'none' : listRanges(rangesOf(arrived))} (${inWords(arrived.length)} of ${inWords(chunkCount)}).`,
		missing > 0 ? `Missing: ${listRanges(gapsBetween(arrived, chunkCount))} (${inWords(missing)}).` : 'None is missing.',
	];
	return parts.join(' ');
}

/**
 * Runs of numbers without a gap, as first and last.
 * @param {number[]} numbers ascending
 * @returns {Array<[number, number]>}
 */
function rangesOf(numbers) {
	/** @type {Array<[number, number]>} */
	const ranges = [];
	for (const number of numbers) {
		const last = ranges.at(-1);
		if (last && last[1] === number - 1) last[1] = number;
		else ranges.push([number, number]);
	}
	return ranges;
}

/**
 * @param {number[]} arrived
 * @param {number} chunkCount
 * @returns {Array<[number, number]>}
 */
function gapsBetween(arrived, chunkCount) {
	/** @type {Array<[number, number]>} */
	const gaps = [];
	let next = 1;
	for (const [first, last] of rangesOf(arrived)) {
		if (first > next) gaps.push([next, first - 1]);
		next = last + 1;
	}
	if (next <= chunkCount) gaps.push([next, chunkCount]);
	return gaps;
}

/** @param {Array<[number, number]>} ranges */
function listRanges(ranges) {
	const shown = ranges
		.slice(0, SHOWN_RANGES)
		.map(([first, last]) => (first === last ? inWords(first) : `${inWords(first)}–${inWords(last)}`));
	return ranges.length > SHOWN_RANGES ? `${shown.join(', ')} and more` : shown.join(', ');
}

import { getBox, getMessage } from './api.js';
import { element, keyedList, setAttribute } from './element.js';
import { dayOf, formatBytes, formatCount, formatFullTime, formatTime } from './format.js';
import { statusPill } from './labels.js';
import { createMessageDetail } from './messageDetail.js';
import { messagesLink } from './route.js';
import { errorToast } from './toast.js';

/**
 * @typedef {import('./types.js').PageState} PageState
 * @typedef {import('./types.js').MessageDetails} MessageDetails
 * @typedef {import('./route.js').MessagesRoute} MessagesRoute
 */

const PAGE = 200;
/** As many as the sandbox gives at once. */
const MOST = 10_000;

/**
 * Mailboxes, the messages of one of them, and one message.
 * @param {(message: MessageDetails) => void} onReport
 */
export function createMessagesView(onReport) {
	let limit = PAGE;
	let turn = 0;
	/** @type {{ state: PageState, route: MessagesRoute } | undefined} */
	let last;
	const mailboxes = createMailboxList();
	const list = createMessageList(() => {
		limit = Math.min(limit + PAGE * 5, MOST);
		if (last) void load(last.state, last.route);
	});
	const detail = createMessageDetail(onReport);
	const node = element('div', { class: 'columns messages' }, mailboxes.node, list.node, detail.node);

	/**
	 * @param {PageState} state
	 * @param {MessagesRoute} route
	 */
	async function load(state, route) {
		const mailboxId = route.mailboxId ?? state.mailboxes[0]?.mailboxId;
		if (!mailboxId) return;
		if (last?.route.mailboxId !== route.mailboxId) limit = PAGE;
		last = { state, route };
		const mine = ++turn;
		try {
			const [contents, message] = await Promise.all([
				getBox(mailboxId, route.box, limit),
				route.messageId === undefined ? undefined : getMessage(route.messageId).catch(() => undefined),
			]);
			if (mine !== turn) return;
			const here = { ...route, mailboxId };
			mailboxes.update(state.mailboxes, here);
			list.update(contents, here, state.now, limit === MOST);
			detail.update(message, here);
			node.classList.toggle('opened', route.messageId !== undefined);
		} catch (error) {
			if (mine === turn) errorToast(error);
		}
	}

	return { node, load, focusDetail: detail.focus };
}

/** The mailboxes on the left, each with how many messages wait in it. */
function createMailboxList() {
	const list = element('ul', { class: 'mailboxes' });
	const node = element(
		'nav',
		{ class: 'panel', 'aria-labelledby': 'mailboxes-title' },
		element('header', {}, element('h2', { id: 'mailboxes-title', text: 'Mailboxes' })),
		element('div', { class: 'scroll' }, list),
	);
	const show = keyedList(list, ({ mailboxId }) => mailboxId, mailboxItem);
	return {
		node,
		/**
		 * @param {import('./types.js').MailboxSummary[]} mailboxes
		 * @param {import('./route.js').MessagesRoute} route
		 */
		update(mailboxes, route) {
			show(mailboxes, undefined);
			for (const link of list.querySelectorAll('a')) {
				setAttribute(link, 'aria-current', link.dataset.mailbox === route.mailboxId && 'true');
				link.href = messagesLink(link.dataset.mailbox ?? '', route.box);
			}
		},
	};
}

/** @param {import('./types.js').MailboxSummary} mailbox */
function mailboxItem({ mailboxId, name, odsCode, active, waiting }) {
	return element(
		'li',
		{},
		element(
			'a',
			{ href: messagesLink(mailboxId), 'data-mailbox': mailboxId },
			element('span', { class: 'id mono', text: mailboxId }),
			element(
				'span',
				{ class: `count${waiting === 0 ? ' zero' : ''}`, title: 'Messages waiting' },
				String(waiting),
				element('span', { class: 'visually-hidden', text: ' waiting' }),
			),
			element('span', { class: 'about', text: `${name} · ODS ${odsCode}${active ? '' : ' · inactive'}` }),
		),
	);
}

/**
 * @typedef {import('./types.js').MessageSummary} MessageSummary
 * @typedef {import('./types.js').Box} Box
 * @typedef {{ mailboxId: string, box: Box, today: string }} Place
 */

const BOX_NAMES = { inbox: 'Inbox', outbox: 'Outbox' };
/** @type {Box[]} */
const BOXES = ['inbox', 'outbox'];

/**
 * What is, or was, in the inbox or outbox of one mailbox, newest first.
 * @param {() => void} onOlder
 */
function createMessageList(onOlder) {
	const title = element('h2', { id: 'list-title' });
	const links = BOXES.map((box) => element('a', { text: BOX_NAMES[box] }));
	const list = element('ul', { class: 'letters' });
	const empty = element('div', { class: 'empty', hidden: true });
	const older = element(
		'p',
		{ class: 'older', hidden: true },
		element('button', { type: 'button', class: 'small', text: 'Show older messages', onclick: onOlder }),
	);
	const most = element('p', { class: 'older muted', hidden: true });
	const node = element(
		'section',
		{ class: 'panel', 'aria-labelledby': 'list-title' },
		element('header', {}, title, element('nav', { class: 'boxes', 'aria-label': 'Inbox or outbox' }, links)),
		element('div', { class: 'scroll' }, list, empty, older, most),
	);
	/** @type {ReturnType<typeof keyedList<MessageSummary, Place>>} */
	let show;
	let shownBox = '';
	list.addEventListener('keydown', moveByArrow);
	return {
		node,
		/**
		 * @param {import('./types.js').BoxContents} contents
		 * @param {{ mailboxId: string, box: Box, messageId?: string }} route
		 * @param {number} now
		 * @param {boolean} isMost no more of them can be shown
		 */
		update({ total, messages }, { mailboxId, box, messageId }, now, isMost) {
			title.textContent = `${BOX_NAMES[box]} of ${mailboxId}`;
			links.forEach((link, index) => {
				link.href = messagesLink(mailboxId, BOXES[index]);
				setAttribute(link, 'aria-current', BOXES[index] === box && 'true');
			});
			if (shownBox !== mailboxId + box) {
				list.replaceChildren();
				show = keyedList(list, (message) => message.messageId, messageItem);
				shownBox = mailboxId + box;
			}
			show(messages, { mailboxId, box, today: dayOf(now) });
			for (const link of list.querySelectorAll('a')) setAttribute(link, 'aria-current', link.dataset.message === messageId && 'true');
			empty.hidden = messages.length > 0;
			empty.replaceChildren(
				element('strong', { text: box === 'inbox' ? 'Nothing has come in yet' : 'Nothing has been sent yet' }),
				'Send something with your client, or use “Send a test message”.',
			);
			const isCut = messages.length < total;
			older.hidden = !isCut || isMost;
			most.hidden = !isCut || !isMost;
			most.textContent = `The newest ${messages.length.toLocaleString('en-GB')} of ${total.toLocaleString('en-GB')} messages are shown; the page shows no more at once.`;
		},
	};
}

/**
 * @param {MessageSummary} message
 * @param {Place} place
 */
function messageItem(message, { mailboxId, box, today }) {
	const { messageId, type, from, to, workflowId, subject, fileName, bytes, chunkCount, reason, createdAt } = message;
	const isReport = type === 'REPORT';
	const title = isReport ? (reason ?? 'Report') : subject || fileName;
	const size = isReport ? '' : [formatBytes(bytes), chunkCount > 1 && formatCount(chunkCount, 'chunk')].filter(Boolean).join(', ');
	const partner = box === 'outbox' ? `to ${to}` : isReport ? 'from MESH' : `from ${from}`;
	return element(
		'li',
		{},
		element(
			'a',
			{ href: messagesLink(mailboxId, box, messageId), 'data-message': messageId, title: messageId },
			element('span', { class: 'title', text: title }),
			element('time', {
				datetime: new Date(createdAt).toISOString(),
				title: formatFullTime(createdAt),
				text: formatTime(createdAt, today),
			}),
			element('span', { class: 'from', text: [partner, workflowId, size].filter(Boolean).join(' · ') }),
			element('span', {}, isReport && element('span', { class: 'pill report', text: 'report' }), isReport && ' ', statusPill(message)),
		),
	);
}

/**
 * Arrow keys go from message to message, as in a mail program; Tab works as everywhere.
 * @param {KeyboardEvent} event
 */
function moveByArrow(event) {
	const step = event.key === 'ArrowDown' ? 'nextElementSibling' : event.key === 'ArrowUp' ? 'previousElementSibling' : undefined;
	const item = step && event.target instanceof Element && event.target.closest('li');
	const next = item ? item[step]?.querySelector('a') : undefined;
	if (!next) return;
	event.preventDefault();
	next.focus();
}

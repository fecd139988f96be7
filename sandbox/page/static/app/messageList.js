import { element, setAttribute } from './element.js';
import { formatBytes, formatCount, formatFullTime, formatTime } from './format.js';
import { keyedList } from './keyedList.js';
import { messagesLink } from './route.js';
import { statusPill } from './status.js';

/**
 * @typedef {import('./types.js').MessageSummary} MessageSummary
 * @typedef {import('./types.js').Box} Box
 */

const BOX_NAMES = { inbox: 'Inbox', outbox: 'Outbox' };

/** What is, or was, in the inbox or outbox of one mailbox, newest first. @param {() => void} onOlder */
export function createMessageList(onOlder) {
	const title = element('h2', { id: 'list-title' });
	const inbox = element('a', {});
	const outbox = element('a', {});
	const list = element('ul', { class: 'letters' });
	const empty = element('div', { class: 'empty', hidden: true });
	const older = element('p', { class: 'older', hidden: true }, element('button', { type: 'button', class: 'small', text: 'Show older messages', onclick: onOlder }));
	const node = element(
		'section',
		{ class: 'panel', 'aria-labelledby': 'list-title' },
		element('header', {}, title, element('nav', { class: 'boxes', 'aria-label': 'Inbox or outbox' }, inbox, outbox)),
		element('div', { class: 'scroll' }, list, empty, older),
	);
	const show = keyedList(list, ({ messageId }) => messageId, /** @param {Shown} item */ (item) => messageItem(item));
	list.addEventListener('keydown', moveByArrow);
	return {
		node,
		/**
		 * @param {import('./types.js').BoxContents} contents
		 * @param {{ mailboxId: string, box: Box, messageId?: string }} route
		 * @param {number} now
		 */
		update({ total, messages }, { mailboxId, box, messageId }, now) {
			title.textContent = `${BOX_NAMES[box]} of ${mailboxId}`;
			inbox.textContent = BOX_NAMES.inbox;
			outbox.textContent = BOX_NAMES.outbox;
			inbox.href = messagesLink(mailboxId, 'inbox');
			outbox.href = messagesLink(mailboxId, 'outbox');
			setAttribute(inbox, 'aria-current', box === 'inbox' && 'true');
			setAttribute(outbox, 'aria-current', box === 'outbox' && 'true');
			const day = formatFullTime(now).slice(0, 11);
			show(messages.map((message) => ({ ...message, mailboxId, box, now })), undefined);
			for (const link of list.querySelectorAll('a')) setAttribute(link, 'aria-current', link.dataset.message === messageId && 'true');
			empty.hidden = messages.length > 0;
			empty.replaceChildren(element('strong', { text: box === 'inbox' ? 'Nothing has come in' : 'Nothing has been sent' }), hintFor(box, mailboxId));
			older.hidden = messages.length >= total;
			node.dataset.day = day;
		},
	};
}

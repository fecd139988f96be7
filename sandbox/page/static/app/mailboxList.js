import { element, setAttribute } from './element.js';
import { keyedList } from './keyedList.js';
import { messagesLink } from './route.js';

/** The mailboxes on the left, each with how many messages wait in it. */
export function createMailboxList() {
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
			element('span', { class: `count${waiting === 0 ? ' zero' : ''}`, title: 'Messages waiting' }, String(waiting), element('span', { class: 'visually-hidden', text: ' waiting' })),
			element('span', { class: 'about', text: `${name} · ODS ${odsCode}${active ? '' : ' · inactive'}` }),
		),
	);
}

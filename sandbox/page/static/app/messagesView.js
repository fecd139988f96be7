import { getBox, getMessage } from './api.js';
import { element } from './element.js';
import { createMailboxList } from './mailboxList.js';
import { createMessageDetail } from './messageDetail.js';
import { createMessageList } from './messageList.js';
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

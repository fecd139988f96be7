/**
 * Where the user is; kept in the address, so that links, reloading and the browser's back button work.
 * @typedef {{ view: 'messages', mailboxId?: string, box: import('./types.js').Box, messageId?: string }} MessagesRoute
 * @typedef {{ view: 'requests', requestId?: number }} RequestsRoute
 * @typedef {MessagesRoute | RequestsRoute} Route
 */

/**
 * @param {string} hash
 * @returns {Route}
 */
export function readRoute(hash) {
	const [view, ...parts] = hash.replace(/^#\/?/, '').split('/').map(decode);
	if (view === 'requests') return { view, requestId: Number(parts[0]) || undefined };
	const [mailboxId, box, messageId] = parts;
	return {
		view: 'messages',
		mailboxId: mailboxId || undefined,
		box: box === 'outbox' ? 'outbox' : 'inbox',
		messageId: messageId || undefined,
	};
}

/**
 * @param {string} mailboxId
 * @param {import('./types.js').Box} [box]
 * @param {string} [messageId]
 */
export function messagesLink(mailboxId, box = 'inbox', messageId) {
	const parts = [mailboxId, box, messageId].flatMap((part) => (part ? encodeURIComponent(part) : []));
	return `#/messages/${parts.join('/')}`;
}

/** @param {number} [requestId] */
export const requestsLink = (requestId) => (requestId === undefined ? '#/requests' : `#/requests/${requestId}`);

/** @param {string} text */
function decode(text) {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}

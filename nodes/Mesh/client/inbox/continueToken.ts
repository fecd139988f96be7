import { unreadable } from '../http/readJson';

const MAX_TOKEN = 1_000;

/**
 * The `continue_from` of a `links.next` (MESH API, list inbox), or `undefined` when the link is absent. The link comes from
 * the server and only its token is used: it must lead to the same host and to the inbox that was asked for.
 */
export function continueToken(next: unknown, origin: string, inboxPath: string, call: string): string | undefined {
	if (next === undefined || next === null || next === '') return undefined;
	const url = typeof next === 'string' && URL.canParse(next, origin) ? new URL(next, origin) : undefined;
	if (!url) throw unreadable(call, 200, 'its link to the next page is not a link');
	if (url.origin !== new URL(origin).origin) throw unreadable(call, 200, 'its link to the next page leads to another host');
	if (url.pathname.toLowerCase() !== inboxPath.toLowerCase()) {
		throw unreadable(call, 200, 'its link to the next page does not lead to this inbox');
	}
	const token = url.searchParams.get('continue_from');
	if (!token || token.length > MAX_TOKEN) throw unreadable(call, 200, 'its link to the next page has no usable token');
	return token;
}

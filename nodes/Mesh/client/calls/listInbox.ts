import type { MeshConnection } from '../connection';
import { endpoints } from '../endpoints';
import { invalidInput } from '../errors';
import { exchange } from '../exchange';
import { readJsonObject, unreadable } from '../http/readJson';
import { continueToken } from '../inbox/continueToken';
import { messageIdsOf } from '../inbox/messageIds';
import { workflowFilterText } from '../inbox/workflowFilterText';
import type { CallOptions, InboxPage, InboxQuery } from '../types';

const CALL = 'list the inbox';
/** A server that never ends its pages is broken: more would be a million messages at the smallest page size. */
const MAX_PAGES = 100_000;
/** The same for what a caller may collect in memory. */
const MAX_MESSAGES = 2_000_000;

/**
 * Pages of the inbox (MESH API, list inbox). With a filter a page can be empty although more follow: such pages are passed
 * over. Only the token of a link is used, and no token twice.
 */
export async function* listInbox(
	connection: MeshConnection,
	query: InboxQuery = {},
	options: CallOptions = {},
): AsyncGenerator<InboxPage, void, void> {
	const filter = query.workflowFilter && workflowFilterText(query.workflowFilter);
	const pageSize = checkPageSize(query.pageSize);
	const seen = new Set<string>();
	let token: string | undefined;
	let messages = 0;
	for (let page = 1; page <= MAX_PAGES && messages <= MAX_MESSAGES; page++) {
		const answer = await requestPage(connection, { pageSize, filter, token }, options);
		messages += answer.messageIds.length;
		token = answer.token;
		if (token !== undefined) {
			if (seen.has(token)) throw unreadable(CALL, 200, 'its pages go round in a circle');
			seen.add(token);
		}
		if (answer.messageIds.length > 0 || token === undefined) {
			yield {
				messageIds: answer.messageIds,
				...(answer.approximateInboxCount === undefined ? {} : { approximateInboxCount: answer.approximateInboxCount }),
				hasMore: token !== undefined,
			};
		}
		if (token === undefined) return;
	}
	throw unreadable(CALL, 200, 'its pages do not end');
}

interface PageAnswer {
	messageIds: string[];
	approximateInboxCount?: number;
	token?: string;
}

async function requestPage(
	connection: MeshConnection,
	{ pageSize, filter, token }: { pageSize?: number; filter?: string; token?: string },
	options: CallOptions,
): Promise<PageAnswer> {
	const { mailboxId, origin } = connection.settings;
	return await exchange(
		connection,
		{
			call: CALL,
			method: 'GET',
			path: endpoints.inbox(mailboxId, { max_results: pageSize, continue_from: token, workflow_filter: filter }),
			repeat: 'read',
			signal: options.signal,
		},
		async (response) => {
			const answer = await readJsonObject(response, CALL);
			const count = answer.approx_inbox_count;
			const { links } = answer;
			const next: unknown = typeof links === 'object' && links !== null ? Reflect.get(links, 'next') : undefined;
			return {
				messageIds: messageIdsOf(answer, CALL),
				approximateInboxCount: Number.isSafeInteger(count) && Number(count) >= 0 ? Number(count) : undefined,
				token: continueToken(next, origin, endpoints.inboxPath(mailboxId), CALL),
			};
		},
	);
}

function checkPageSize(pageSize: number | undefined): number | undefined {
	if (pageSize === undefined) return undefined;
	if (Number.isInteger(pageSize) && pageSize >= 10 && pageSize <= 5_000) return pageSize;
	throw invalidInput('pageSize', 'The page size must be a whole number from 10 to 5,000', 'MESH takes 500 when none is given.');
}

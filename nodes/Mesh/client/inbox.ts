import { UnfitAnswer, foreignAnswer, isObject, notFromMesh } from './answers';
import { endpoints } from './endpoints';
import { asMeshError, invalidInput } from './errors';
import type { MeshError } from './errors';
import { exchange } from './exchange';
import type { CallOptions, MeshConnection } from './exchange';
import { checkMessageId, messageIdsOf } from './values';

/** One of the six comparisons MESH's `workflow_filter` can express (MESH API, list inbox). */
export interface WorkflowFilter {
	mode: 'equals' | 'beginsWith' | 'contains';
	/** Everything but what matches. */
	negate?: boolean;
	/** 1 to about 250 characters; may not hold `*` and may not begin with `!`. */
	text: string;
}

export interface InboxQuery {
	workflowFilter?: WorkflowFilter;
	/** 10 to 5000; MESH's default is 500. */
	pageSize?: number;
}

export interface InboxPage {
	messageIds: string[];
	/** Whole inbox, whatever the filter; eventually consistent, for display only. */
	approximateInboxCount?: number;
	/** True when MESH says that there is a further page. */
	hasMore: boolean;
	/** Something in the page, or its link to the next one, could not be used; what could be is here, and no page follows a bad link. */
	problem?: MeshError;
}

const CALL = 'list the inbox';
/** A server that never ends its pages is broken: more would be a million messages at the smallest page size. */
const MAX_PAGES = 100_000;
/** The same for what a caller may collect in memory. */
const MAX_MESSAGES = 2_000_000;

/**
 * Pages of the inbox (MESH API, list inbox). With a filter a page can be empty although more follow: such pages are passed
 * over. Only the token of a link is used, and no token twice. One bad detail does not spoil a page: see `problem`.
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
		const isCircle = token !== undefined && seen.has(token);
		if (token !== undefined) seen.add(token);
		const badLink = isCircle ? foreignAnswer(CALL, 200, 'its pages go round in a circle') : answer.badLink;
		const problem = badLink ?? answer.badIds;
		if (badLink !== undefined) token = undefined;
		if (answer.messageIds.length > 0 || token === undefined || problem !== undefined) {
			yield {
				messageIds: answer.messageIds,
				...(answer.approximateInboxCount === undefined ? {} : { approximateInboxCount: answer.approximateInboxCount }),
				hasMore: token !== undefined || badLink !== undefined,
				...(problem === undefined ? {} : { problem }),
			};
		}
		if (token === undefined) return;
	}
	throw foreignAnswer(CALL, 200, 'its pages do not end');
}

interface PageAnswer {
	messageIds: string[];
	approximateInboxCount?: number;
	token?: string;
	badLink?: MeshError;
	badIds?: MeshError;
}

async function requestPage(
	connection: MeshConnection,
	{ pageSize, filter, token }: { pageSize?: number; filter?: string; token?: string },
	options: CallOptions,
): Promise<PageAnswer> {
	const { mailboxId, origin } = connection.settings;
	return await exchange(connection, {
		call: CALL,
		method: 'GET',
		path: endpoints.inbox(mailboxId, { max_results: pageSize, continue_from: token, workflow_filter: filter }),
		repeat: 'read',
		signal: options.signal,
		success: {
			form: 'object',
			read(answer) {
				const { links, approx_inbox_count: count } = answer;
				const { messageIds, badIds } = messageIdsOf(answer);
				connection.logger.debug(`Inbox listed: ${messageIds.length} waiting`, { count: messageIds.length });
				return {
					messageIds,
					badIds: badIds?.of(CALL, 200),
					approximateInboxCount: Number.isSafeInteger(count) && Number(count) >= 0 ? Number(count) : undefined,
					...nextPage(isObject(links) ? links.next : undefined, origin, endpoints.inboxPath(mailboxId)),
				};
			},
		},
	});
}

function nextPage(next: unknown, origin: string, inboxPath: string): Pick<PageAnswer, 'token' | 'badLink'> {
	try {
		return { token: continueToken(next, origin, inboxPath) };
	} catch (error) {
		return { badLink: error instanceof UnfitAnswer ? error.of(CALL, 200) : asMeshError(error, CALL) };
	}
}

function checkPageSize(pageSize: number | undefined): number | undefined {
	if (pageSize === undefined) return undefined;
	if (Number.isInteger(pageSize) && pageSize >= 10 && pageSize <= 5_000) return pageSize;
	throw invalidInput('pageSize', 'The page size must be a whole number from 10 to 5,000', 'MESH takes 500 when none is given.');
}

/** Ends a message's life in the inbox (MESH API, acknowledge). Repeating it is harmless. */
export async function acknowledge(connection: MeshConnection, messageId: string, options: CallOptions = {}): Promise<void> {
	const id = checkMessageId(messageId);
	await exchange(connection, {
		call: 'acknowledge the message',
		method: 'PUT',
		path: endpoints.acknowledge(connection.settings.mailboxId, id),
		repeat: 'idempotent',
		signal: options.signal,
		messageId: id,
		success: { form: 'nothing', id, read: () => undefined },
	});
	connection.logger.info(`Message ${id} acknowledged`, { messageId: id });
}

const MAX_TOKEN = 1_000;

/**
 * The `continue_from` of a `links.next` (MESH API, list inbox), or `undefined` when the link is absent. The link comes from
 * the server and only its token is used: it must lead to the same host and to the inbox that was asked for.
 */
export function continueToken(next: unknown, origin: string, inboxPath: string): string | undefined {
	if (next === undefined || next === null || next === '') return undefined;
	const url = typeof next === 'string' && URL.canParse(next, origin) ? new URL(next, origin) : undefined;
	if (!url) throw notFromMesh('its link to the next page is not a link');
	if (url.origin !== new URL(origin).origin) throw notFromMesh('its link to the next page leads to another host');
	if (url.pathname.toLowerCase() !== inboxPath.toLowerCase()) {
		throw notFromMesh('its link to the next page does not lead to this inbox');
	}
	const token = url.searchParams.get('continue_from');
	if (!token || token.length > MAX_TOKEN) throw notFromMesh('its link to the next page has no usable token');
	return token;
}

const MAX_LENGTH = 255;
const PARAMETER = 'workflowFilterText';

/** The value of `workflow_filter` (MESH API, workflow filter). What MESH's grammar cannot express is refused. */
export function workflowFilterText({ mode, negate, text }: WorkflowFilter): string {
	const wanted = text.trim();
	if (wanted === '') throw invalidInput(PARAMETER, 'The workflow filter is empty', 'Give a workflow ID or a part of one.');
	if (wanted.includes('*')) {
		throw invalidInput(PARAMETER, 'The workflow filter holds a *', 'Leave the * out and choose "begins with" or "contains" instead.');
	}
	if (wanted.startsWith('!')) {
		throw invalidInput(PARAMETER, 'The workflow filter begins with !', 'Leave the ! out and choose "does not" instead.');
	}
	if (/[^ -~]/.test(wanted)) {
		throw invalidInput(PARAMETER, 'The workflow filter holds a character that is not printable ASCII', 'Workflow IDs have none.');
	}
	const pattern = { equals: wanted, beginsWith: `${wanted}*`, contains: `*${wanted}*` }[mode];
	const value = negate ? `!${pattern}` : pattern;
	if (value.length < 2) {
		throw invalidInput(PARAMETER, 'MESH cannot filter for one character', 'Give at least two characters.');
	}
	if (value.length > MAX_LENGTH) {
		throw invalidInput(PARAMETER, `The workflow filter is too long, MESH takes ${MAX_LENGTH} characters with its signs`, 'Shorten it.');
	}
	return value;
}

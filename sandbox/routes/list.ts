import { Validation, serverFailure } from '../errors/refusals';
import type { MeshRequest, Route } from '../server/context';
import type { StoredMessage } from '../store/storedMessage';
import { continuationToken, readContinuation } from '../views/continuation';
import { vendorJson } from './answers';

const DEFAULT_RESULTS = 500;

/** MESH API, list inbox: what waits in the mailbox, oldest first. */
export const list: Route = {
	call: 'list',
	methods: ['GET'],
	path: '/messageexchange/:mailbox/inbox',
	access: 'token',
	handle(request) {
		const { query, mailbox, context } = request;
		const validation = new Validation();
		const limit = validation.integer('query', 'max_results', query.max_results, DEFAULT_RESULTS, 10, 5000);
		validation.length('query', 'continue_from', query.continue_from, 24, 1000);
		validation.length('query', 'workflow_filter', query.workflow_filter, 2, 255);
		validation.done();
		const isV1 = request.version() < 2;

		const inbox = [...context.messages.waiting(mailbox.mailboxId)].filter((message) => context.office.isDelivered(message));
		const page = cutPage(request, inbox, limit, startAfter(request, inbox, isV1));
		const messages = page.messages.map(({ id }) => id);
		if (isV1) return vendorJson(request, { messages });
		const self = link(request, query.continue_from);
		const next = page.lastSeen && link(request, continuationToken(page.lastSeen.id, page.lastSeen.sequence ?? 0));
		return vendorJson(request, { messages, links: { self, ...(next ? { next } : {}) }, approx_inbox_count: inbox.length });
	},
};

/** Sequence of the message that the previous page ended with; 0 for the first page. */
function startAfter({ query, context }: MeshRequest, inbox: StoredMessage[], isV1: boolean): number {
	if (query.continue_from === undefined) return 0;
	const cursor = isV1 ? undefined : readContinuation(query.continue_from);
	if (!isV1 && !cursor) throw serverFailure('madeUpCursor');
	const id = cursor?.id ?? query.continue_from.toUpperCase();
	const isWaiting = inbox.some((message) => message.id === id);
	if (!isWaiting && context.behaviour.lostCursor === 'restart') return 0;
	// The cursor's own sequence: its message may have been put back meanwhile, at the end of the inbox.
	return cursor?.sequence ?? context.messages.get(id)?.sequence ?? 0;
}

/** `lastSeen` is set when more may follow. */
function cutPage(
	{ query, context }: MeshRequest,
	inbox: StoredMessage[],
	limit: number,
	after: number,
): { messages: StoredMessage[]; lastSeen?: StoredMessage } {
	const rest = inbox.filter((message) => (message.sequence ?? 0) > after);
	const filter = query.workflow_filter;
	const wanted = (message: StoredMessage) => filter === undefined || matchesFilter(filter, message.workflowId);
	if (context.behaviour.filteredPages === 'scanned') {
		const scanned = rest.slice(0, limit);
		return { messages: scanned.filter(wanted), lastSeen: rest.length > limit ? scanned[limit - 1] : undefined };
	}
	const found = rest.filter(wanted);
	return { messages: found.slice(0, limit), lastSeen: found.length > limit ? found[limit - 1] : undefined };
}

/** Relative to the host, with the query repeated, as MESH does. */
function link({ query, mailbox }: MeshRequest, continueFrom: string | undefined): string {
	const parameters: Array<[string, string | undefined]> = [
		['max_results', query.max_results ?? String(DEFAULT_RESULTS)],
		['workflow_filter', query.workflow_filter],
		['continue_from', continueFrom],
	];
	const text = parameters.flatMap(([name, value]) => (value === undefined ? [] : `${name}=${encodeURIComponent(value)}`)).join('&');
	return `/messageexchange/${mailbox.mailboxId}/inbox?${text}`;
}

/**
 * Whether a workflow ID passes a `workflow_filter` (MESH API, list inbox): `X` equals, `X*` begins with, `*X*` contains,
 * each turned round by a leading `!`. For what the specification leaves undefined this does what the NHS sandbox does;
 * a leading star without a closing one drops the last character.
 */
export function matchesFilter(filter: string, workflowId: string): boolean {
	const trimmed = filter.trim();
	const negated = trimmed.startsWith('!');
	const pattern = negated ? trimmed.slice(1) : trimmed;
	return matchesPattern(pattern, workflowId) !== negated;
}

function matchesPattern(pattern: string, workflowId: string): boolean {
	if (/^\*+$/.test(pattern)) return true;
	if (pattern.startsWith('*')) return workflowId.includes(pattern.slice(1, -1));
	if (pattern.endsWith('*')) return workflowId.startsWith(pattern.slice(0, -1));
	return workflowId === pattern;
}

import type { IPollFunctions } from 'n8n-workflow';
import { CONNECTIONS, MeshError, isMeshError, runtime } from '../client';
import type { MeshClient } from '../client';
import { inOrder } from '../transport/concurrently';
import { raiseBadList } from './alarms';
import { beginListing, noteAcknowledged, noteListing, noteRefusal, toAcknowledge, wantsMore } from './deliveries';
import type { Ledger } from './ledger';
import { failureClass } from './session';
import type { PollRun } from './session';

/** What a poll asks of MESH: it validates the mailbox, lists the inbox and acknowledges, each within a time limit. */

/** MESH wants every mailbox validated at least once a day (MESH API, handshake). */
const VALIDATION_INTERVAL_MS = 24 * 60 * 60 * 1000;

/**
 * Validates the mailbox at activation, with every changed credential, and once a day.
 * @param credential print of the credential in use
 * @throws MeshError when the mailbox cannot be used; a validation that only MESH's availability prevented is tried again at the next
 * poll, since listing works without it, and an activation, which people wait for, leaves the listing to that poll
 */
export async function validateMailbox(run: PollRun, credential: string): Promise<void> {
	const { client, context, node, occasion, session } = run;
	const now = runtime.steadyNow();
	const isKnown = session.validated?.credential === credential;
	const isDue = !isKnown || now - (session.validated?.at ?? 0) >= VALIDATION_INTERVAL_MS;
	if (!isDue) return;
	try {
		await withinTime(
			{ budgetMs: occasion.budgetMs, signal: run.signal },
			'validate the mailbox',
			async (signal) => await client.handshake({ signal }),
		);
		session.validated = { at: now, credential };
	} catch (error) {
		if (occasion.isByPerson || run.signal.aborted || failureClass(error) === 'configuration') throw error;
		context.logger.warn(`[NHS MESH: ${node.name}] The mailbox could not be validated now; the next poll tries again`);
	}
}

/** MESH wants to be polled at most once in five minutes unless more messages wait (MESH API, list inbox). */
const NHS_LISTING_INTERVAL_MS = 5 * 60 * 1000;

/** n8n's polls come once a minute, give or take a little: without this the sixth would be the one that lists. */
const GRACE_MS = 5_000;

/** True when the inbox may be listed now. */
export function mayList({ client, session, settings, ledger }: PollRun): boolean {
	const interval = settings.listingIntervalMs ?? (client.isNhsServer ? NHS_LISTING_INTERVAL_MS : 0);
	const { deliveries } = ledger;
	if (session.notBefore !== undefined && runtime.steadyNow() < session.notBefore) return false;
	const moreWait = deliveries.moreInInbox && deliveries.waiting.length === 0;
	return moreWait || session.listedAt === undefined || runtime.steadyNow() - session.listedAt >= interval - GRACE_MS;
}

/**
 * Lists the inbox to its end, or as far as messages are kept, before anything of it is handed over: an acknowledgement
 * between two pages could move the rest. When a later page fails, the pages before it count.
 * @throws MeshError when the first page cannot be had
 */
export async function listInbox(run: PollRun): Promise<void> {
	const { ledger, session, signal } = run;
	const begun = beginListing(ledger.deliveries);
	ledger.deliveries = begun.deliveries;
	const listedAt = runtime.steadyNow();
	const listing: Walk = { number: begun.number, messageIds: [], complete: false, unfiltered: run.settings.filter === undefined };
	try {
		await withinTime(
			{ budgetMs: run.occasion.budgetMs, signal },
			'list the inbox',
			async (limited) => await readPages(run, listing, limited),
		);
	} catch (error) {
		if (listing.messageIds.length === 0 || signal.aborted) throw error;
		const reason = isMeshError(error) ? error.message : 'the answer could not be used';
		run.context.logger.warn(`[NHS MESH: ${run.node.name}] The inbox was listed in part only: ${reason}`);
	}
	session.listedAt = listedAt;
	session.notBefore = undefined;
	if (listing.problem !== undefined) raiseBadList(run.context, session, listing.problem);
	ledger.deliveries = noteListing(ledger.deliveries, listing);
}

interface Walk {
	number: number;
	messageIds: string[];
	complete: boolean;
	more?: boolean;
	unfiltered: boolean;
	problem?: MeshError;
}

async function readPages({ client, ledger, settings }: PollRun, listing: Walk, signal: AbortSignal): Promise<void> {
	for await (const page of client.listInbox({ workflowFilter: settings.filter }, { signal })) {
		for (const id of page.messageIds) listing.messageIds.push(id);
		listing.problem ??= page.problem;
		// A list with a gap says nothing about messages that it does not show.
		listing.complete = !page.hasMore && listing.problem === undefined;
		listing.more = page.hasMore && listing.problem === undefined;
		if (!wantsMore(ledger.deliveries, listing.messageIds)) return;
	}
}

/**
 * Sends the acknowledgements that are owed and not under way, all or those of the given messages. What fails stays owed, is sent again at
 * the next poll, and marks the ledger as troubled, so that messages do not go on piling up which MESH would list again.
 */
export async function acknowledgeOwed(
	context: IPollFunctions,
	ledger: Ledger,
	client: MeshClient,
	{ togetherMs, signal, ...rest }: AcknowledgeLimit = {},
	only?: ReadonlySet<string>,
): Promise<void> {
	const over = new AbortController();
	const stopTimer = togetherMs === undefined ? undefined : runtime.after(togetherMs, () => over.abort());
	const limit: TimeLimit = { ...rest, signal: AbortSignal.any([over.signal, ...(signal === undefined ? [] : [signal])]) };
	const owed = toAcknowledge(ledger.deliveries, runtime.steadyNow()).filter(
		(id) => !ledger.acknowledging.has(id) && (only === undefined || only.has(id)),
	);
	for (const id of owed) ledger.acknowledging.add(id);
	await inOrder(owed, CONNECTIONS, undefined, async (messageId) => {
		if (over.signal.aborted) ledger.acknowledging.delete(messageId);
		else await acknowledgeOne(context, ledger, client, messageId, limit);
	});
	stopTimer?.();
}

interface AcknowledgeLimit extends TimeLimit {
	/** How long all of them may take together; what has not been sent by then stays owed. */
	togetherMs?: number;
}

async function acknowledgeOne(
	context: IPollFunctions,
	ledger: Ledger,
	client: MeshClient,
	messageId: string,
	limit: TimeLimit,
): Promise<void> {
	try {
		await withinTime(limit, 'acknowledge a message', async (signal) => await client.acknowledge(messageId, { signal }));
		ledger.deliveries = noteAcknowledged(ledger.deliveries, messageId);
	} catch (error) {
		if (isGone(error)) ledger.deliveries = noteAcknowledged(ledger.deliveries, messageId);
		else noteFailedAcknowledgement(context, ledger, messageId, error);
	} finally {
		ledger.acknowledging.delete(messageId);
		ledger.touch();
	}
}

function noteFailedAcknowledgement(context: IPollFunctions, ledger: Ledger, messageId: string, error: unknown): void {
	const isPassing = !isMeshError(error) || error.temporary === true || error.code === 'MESH_ABORTED';
	ledger.deliveries = noteRefusal(ledger.deliveries, messageId, isPassing ? undefined : runtime.steadyNow());
	if (isPassing) ledger.trouble ??= { kind: 'acknowledgement', error };
	else ledger.refusal = error;
	const reason = isMeshError(error) ? error.message : 'unexpected failure';
	context.logger.warn(
		`[NHS MESH: ${context.getNode().name}] Message ${messageId} was delivered but not acknowledged; the next poll tries again: ${reason}`,
		{ messageId },
	);
}

/** MESH no longer has the message: acknowledged elsewhere, or expired. */
export function isGone(error: unknown): boolean {
	return isMeshError(error) && error.code === 'MESH_STATUS' && (error.httpStatus === 404 || error.httpStatus === 410);
}

/** Longest the trigger waits for one call, its repetitions included: n8n, a person or the next message waits for it. */
const LONGEST_MS = 60_000;

interface TimeLimit {
	/** What n8n grants, where that is less than a minute; 0 and absent set no other limit. */
	budgetMs?: number;
	signal?: AbortSignal;
}

/**
 * Makes a call under a time limit.
 * @param what the call in words, such as `list the inbox`
 * @throws MeshError MESH_TIMEOUT when it takes longer
 */
async function withinTime<T>({ budgetMs = 0, signal }: TimeLimit, what: string, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
	const limit = Math.min(LONGEST_MS, budgetMs || LONGEST_MS);
	const late = new AbortController();
	const stopTimer = runtime.after(limit, () => late.abort());
	try {
		return await call(signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]));
	} catch (error) {
		if (!late.signal.aborted || signal?.aborted === true) throw error;
		// What MESH had answered before says more than that time ran out.
		throw (isMeshError(error) ? error.lastFailure : undefined) ?? tooLate(what, limit);
	} finally {
		stopTimer();
	}
}

function tooLate(what: string, limit: number): MeshError {
	return new MeshError(`MESH did not answer within ${Math.round(limit / 1000)} seconds when the trigger wanted to ${what}`, {
		code: 'MESH_TIMEOUT',
		call: what,
		temporary: true,
		hint: 'The connection or the service is slow or stuck. The next poll tries again.',
	});
}

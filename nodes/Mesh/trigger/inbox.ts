import { isMeshError, runtime } from '../client';
import type { MeshError } from '../client';
import { raiseBadList } from './alarms';
import { beginListing, noteListing, wantsMore } from './deliveries';
import type { PollRun } from './session';
import { withinTime } from './time';

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

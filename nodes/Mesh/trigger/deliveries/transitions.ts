import { MAXIMUM_REMEMBERED, MAXIMUM_WAITING, afterFailure, count, remembered } from './delivery';
import type { Deliveries, Delivery, DeliveryRules, FailureReason } from './delivery';

/** One walk over the inbox. */
export interface Listing {
	/** What `beginListing` gave. */
	number: number;
	/** Oldest first. */
	messageIds: readonly string[];
	/** False when the walk broke off before the end of the inbox, or left something out. */
	complete: boolean;
	/** Whether another walk would find more now. Default: it was not complete. */
	more?: boolean;
}

/** Call before the first request of a listing: whatever changes from here on is not yet visible in it. */
export function beginListing(deliveries: Deliveries): { deliveries: Deliveries; number: number } {
	const number = deliveries.listings + 1;
	return { deliveries: { ...deliveries, listings: number }, number };
}

/**
 * Takes in what the inbox holds. Forgets what has left it, allows redelivery of what is still there, and keeps the
 * messages that were never handed over, oldest first. Says nothing about messages whose state is newer than the listing.
 */
export function noteListing(deliveries: Deliveries, { number, messageIds, complete, more = !complete }: Listing): Deliveries {
	const listed = new Set(messageIds);
	const entries = new Map<string, Delivery>();
	for (const [id, delivery] of deliveries.entries) {
		const next = delivery.after < number ? inView(delivery, listed.has(id), complete) : delivery;
		if (next !== undefined) entries.set(id, next);
	}
	const unknown = [...listed].filter((id) => !deliveries.entries.has(id));
	const waiting = unknown.slice(0, MAXIMUM_WAITING);
	return { ...deliveries, entries, waiting, moreInInbox: more || waiting.length < unknown.length };
}

/** True while a listing should go on: it has not yet found as many new messages as are kept. */
export function wantsMore(deliveries: Deliveries, messageIds: readonly string[]): boolean {
	return messageIds.length - deliveries.entries.size < MAXIMUM_WAITING;
}

function inView(delivery: Delivery, listed: boolean, complete: boolean): Delivery | undefined {
	switch (delivery.state) {
		case 'inFlight':
			return delivery;
		case 'acknowledged':
			// MESH took the acknowledgement and still lists it: acknowledge again rather than deliver again.
			return listed ? { ...delivery, state: 'delivered', confirmed: true, refusals: 0, unheeded: (delivery.unheeded ?? 0) + 1 } : undefined;
		case 'delivered':
			if (listed) return { ...delivery, confirmed: true };
			// Owed: the answer to the acknowledgement decides, whatever a filtered listing shows.
			return delivery.confirmed ? delivery : keepUnless(complete, delivery);
		case 'failed':
			return listed ? { ...delivery, seen: true } : keepUnless(complete, delivery);
		case 'parked':
		case 'awaiting':
			return listed ? delivery : keepUnless(complete, delivery);
	}
}

function keepUnless(complete: boolean, delivery: Delivery): Delivery | undefined {
	return complete ? undefined : delivery;
}

/** One message of an execution that is to be started. */
export interface HandOver {
	messageId: string;
	/** 1 for the first delivery. */
	attempt: number;
}

/**
 * Chooses what goes into the next execution and counts the attempt: write the checkpoint before starting it. An empty
 * batch means that nothing may be handed over now.
 *
 * New messages and redeliveries take turns, and while new ones wait, redeliveries get at most half of the places, so that
 * messages which fail or hang cannot keep the others waiting.
 */
export function handOver(deliveries: Deliveries, now: number, rules: DeliveryRules): { deliveries: Deliveries; batch: HandOver[] } {
	const places = freePlaces(deliveries, rules);
	const fresh = nextFresh(deliveries, Math.min(places, rules.messagesPerExecution, MAXIMUM_REMEMBERED - remembered(deliveries)), rules);
	const again = places > 0 ? nextRedelivery(deliveries, now, rules) : undefined;
	const chosen =
		again !== undefined && (fresh.length === 0 || (deliveries.turn === 'again' && !againIsFull(deliveries, rules))) ? [again] : fresh;
	if (chosen.length === 0) return { deliveries, batch: [] };

	const { entries } = deliveries;
	const batch = chosen.map((messageId) => {
		const delivery = inFlight(entries.get(messageId), deliveries.listings, now);
		entries.set(messageId, delivery);
		return { messageId, attempt: delivery.attempts };
	});
	const turn = chosen === fresh ? 'again' : 'new';
	const taken = new Set(fresh);
	const waiting = chosen === fresh ? deliveries.waiting.filter((id) => !taken.has(id)) : deliveries.waiting;
	return { deliveries: { ...deliveries, entries, waiting, turn }, batch };
}

/** The oldest that may share an execution. */
function nextFresh(
	{ waiting }: Deliveries,
	most: number,
	{ goesAlone = () => false, isElsewhere = () => false, isHeld = () => false }: DeliveryRules,
): readonly string[] {
	const fresh: string[] = [];
	// Thousands may wait, and this runs at every hand-over: it looks no further than it takes.
	for (const id of waiting) {
		if (fresh.length >= most) break;
		if (isElsewhere(id) || isHeld(id)) continue;
		if (!goesAlone(id)) fresh.push(id);
		else return fresh.length === 0 ? [id] : fresh;
	}
	return fresh;
}

/** Takes out what the user wants left in the inbox. */
export function leaveOut(deliveries: Deliveries, leaves: (messageId: string) => boolean): Deliveries {
	return { ...deliveries, waiting: deliveries.waiting.filter((id) => !leaves(id)) };
}

/** True when a message could be handed over but for the number in flight. */
export function hasBacklog(deliveries: Deliveries, now: number): boolean {
	return (
		(deliveries.waiting.length > 0 && !isFull(deliveries)) || [...deliveries.entries.values()].some((delivery) => isDue(delivery, now))
	);
}

/** True when new messages have to wait until some of the remembered ones have left the inbox. */
export function isFull(deliveries: Deliveries): boolean {
	return remembered(deliveries) >= MAXIMUM_REMEMBERED;
}

export function inFlightCount({ entries }: Deliveries): number {
	return count(entries, ({ state }) => state === 'inFlight');
}

/** Acknowledgements hold up new work only when more of them are under way than messages may be in flight. */
function freePlaces({ entries }: Deliveries, { maximumInFlight }: DeliveryRules): number {
	const unacknowledged = count(entries, (delivery) => delivery.state === 'delivered' && delivery.confirmed && delivery.refusals === 0);
	if (unacknowledged >= maximumInFlight) return 0;
	return maximumInFlight - count(entries, ({ state }) => state === 'inFlight');
}

function againIsFull({ entries }: Deliveries, { maximumInFlight }: DeliveryRules): boolean {
	return count(entries, ({ state, attempts }) => state === 'inFlight' && attempts > 1) >= Math.max(1, Math.floor(maximumInFlight / 2));
}

function isDue(delivery: Delivery, now: number): boolean {
	return delivery.state === 'failed' && delivery.seen && delivery.dueAt <= now;
}

/**
 * The redelivery that has been due longest. What was in flight when n8n stopped goes one at a time: if one of those
 * messages brings n8n down, the next stop then charges the attempt to it and to none of the others.
 */
function nextRedelivery({ entries }: Deliveries, now: number, { isElsewhere = () => false }: DeliveryRules): string | undefined {
	const suspectInFlight = count(entries, (delivery) => delivery.state === 'inFlight' && delivery.suspect) > 0;
	let best: { id: string; dueAt: number } | undefined;
	for (const [id, delivery] of entries) {
		if (delivery.state !== 'failed' || !isDue(delivery, now) || (delivery.suspect && suspectInFlight) || isElsewhere(id)) continue;
		if (best === undefined || delivery.dueAt < best.dueAt) best = { id, dueAt: delivery.dueAt };
	}
	return best?.id;
}

function inFlight(previous: Delivery | undefined, listings: number, now: number): Delivery {
	const { attempts, round } = previous ?? { attempts: 0, round: 0 };
	const suspect = previous?.state === 'failed' && previous.suspect;
	return { state: 'inFlight', attempts: attempts + 1, round: round + 1, after: listings, since: now, suspect };
}

/** How an execution ended, as far as its messages are concerned. */
export type Outcome =
	| { kind: 'delivered' }
	| { kind: 'failed'; reason: FailureReason }
	/** It failed with the words of a non-delivery report, as it was meant to: the report has been told and may go. */
	| { kind: 'told' }
	/** n8n was told to stop while it ran: no fault of the message, so the attempt does not count towards the limit. */
	| { kind: 'cutOff' }
	/** n8n never began the execution: the attempt does not count. */
	| { kind: 'notStarted' };

/** Takes in the end of one execution. A late end changes nothing about a message that has been handed over anew. */
export function noteEnd(
	deliveries: Deliveries,
	batch: readonly HandOver[],
	outcome: Outcome,
	now: number,
	rules: DeliveryRules,
): Deliveries {
	const { entries } = deliveries;
	const unstarted: string[] = [];
	for (const { messageId, attempt } of batch) {
		const delivery = entries.get(messageId);
		if (delivery === undefined || delivery.attempts !== attempt) continue;
		const next = ended(delivery, outcome, deliveries.listings, now, rules);
		if (next !== undefined) {
			entries.set(messageId, next);
		} else {
			entries.delete(messageId);
			unstarted.push(messageId);
		}
	}
	const waiting = [...unstarted, ...deliveries.waiting.filter((id) => !unstarted.includes(id))];
	return { ...deliveries, entries, waiting: unstarted.length > 0 ? waiting : deliveries.waiting };
}

/** Undefined: as if it had never been handed over. */
function ended(delivery: Delivery, outcome: Outcome, listings: number, now: number, rules: DeliveryRules): Delivery | undefined {
	const { attempts, round } = delivery;
	if (outcome.kind === 'told') return { state: 'delivered', attempts, round, after: listings, confirmed: true, refusals: 0 };
	if (outcome.kind === 'delivered') {
		// Also when the end was no longer expected (overdue, perhaps parked): a success is a success.
		return ['inFlight', 'failed', 'parked'].includes(delivery.state)
			? delivered({ attempts, round, after: listings }, now, rules)
			: delivery;
	}
	if (delivery.state !== 'inFlight') return delivery;
	if (outcome.kind === 'failed') return afterFailure({ attempts, round, reason: outcome.reason }, listings, now, rules);
	if (outcome.kind === 'cutOff') return afterFailure({ attempts, round: round - 1, reason: { kind: 'interrupted' } }, listings, now, rules);
	if (attempts === 1) return undefined;
	// A redelivery that did not begin is due as before; the listing that allowed it still holds.
	return {
		state: 'failed',
		attempts: attempts - 1,
		round: round - 1,
		after: listings,
		dueAt: now,
		seen: true,
		suspect: delivery.suspect,
		reason: { kind: 'crashed' },
	};
}

function delivered(counted: { attempts: number; round: number; after: number }, now: number, { afterSuccess }: DeliveryRules): Delivery {
	if (afterSuccess === 'await') return { ...counted, state: 'awaiting', since: now };
	return { ...counted, state: 'delivered', confirmed: afterSuccess === 'acknowledge', refusals: 0 };
}

/** Gives up on executions of which n8n reports no end, and on acknowledgements that the workflow still owes. */
export function noteTime(deliveries: Deliveries, now: number, rules: DeliveryRules): Deliveries {
	const entries = new Map(deliveries.entries);
	for (const [id, delivery] of entries) {
		const { attempts, round } = delivery;
		if (delivery.state === 'inFlight' && now - delivery.since >= rules.longestExecutionMs) {
			entries.set(id, afterFailure({ attempts, round, reason: { kind: 'overdue' } }, deliveries.listings, now, rules));
		} else if (delivery.state === 'awaiting' && rules.redeliverAfterMs !== undefined && now - delivery.since >= rules.redeliverAfterMs) {
			entries.set(
				id,
				afterFailure({ attempts, round, reason: { kind: 'notAcknowledged' }, atOnce: true }, deliveries.listings, now, rules),
			);
		}
	}
	return { ...deliveries, entries };
}

/** Delivered messages that may be acknowledged now. */
export function toAcknowledge({ entries }: Deliveries, now = Infinity): string[] {
	return [...entries]
		.filter(([, delivery]) => delivery.state === 'delivered' && delivery.confirmed && (delivery.retryAt ?? 0) <= now)
		.map(([id]) => id);
}

/** Acknowledgements that MESH has refused, or taken although it goes on listing their messages. */
export function unacknowledgeable({ entries }: Deliveries): string[] {
	return [...entries]
		.filter(
			([, delivery]) =>
				(delivery.state === 'delivered' && delivery.retryAt !== undefined) || ('unheeded' in delivery && (delivery.unheeded ?? 0) > 1),
		)
		.map(([id]) => id);
}

/**
 * From here on the inbox is listed by another filter or credential. What waits was listed under the former one; and what its execution has
 * acknowledged itself may not show in the new list, so it is acknowledged once more rather than forgotten.
 */
export function underOtherListing(deliveries: Deliveries): Deliveries {
	const entries = new Map(deliveries.entries);
	for (const [id, delivery] of entries) if (delivery.state === 'delivered') entries.set(id, { ...delivery, confirmed: true });
	return { ...deliveries, entries, waiting: [], moreInInbox: false };
}

/** MESH has taken the acknowledgement, or no longer has the message. */
export function noteAcknowledged(deliveries: Deliveries, messageId: string): Deliveries {
	return change(deliveries, messageId, 'delivered', ({ attempts, round, unheeded }) => ({
		state: 'acknowledged',
		attempts,
		round,
		after: deliveries.listings,
		unheeded,
	}));
}

/** An acknowledgement that was refused for good is sent again after this, twice as long each time, an hour at most. */
const FIRST_RETRY_MS = 5 * 60_000;
const LONGEST_RETRY_MS = 60 * 60_000;

/**
 * The acknowledgement failed: it stays owed, and no longer holds up other messages.
 * @param refusedAt when it was refused in a way that does not pass by itself
 */
export function noteRefusal(deliveries: Deliveries, messageId: string, refusedAt?: number): Deliveries {
	return change(deliveries, messageId, 'delivered', (delivery) => ({
		...delivery,
		refusals: delivery.refusals + 1,
		...(refusedAt === undefined ? {} : { retryAt: refusedAt + Math.min(FIRST_RETRY_MS * 2 ** delivery.refusals, LONGEST_RETRY_MS) }),
	}));
}

function change<S extends Delivery['state']>(
	deliveries: Deliveries,
	id: string,
	state: S,
	to: (delivery: Extract<Delivery, { state: S }>) => Delivery,
): Deliveries {
	const delivery = deliveries.entries.get(id);
	if (delivery === undefined || !isIn(delivery, state)) return deliveries;
	return { ...deliveries, entries: deliveries.entries.set(id, to(delivery)) };
}

function isIn<S extends Delivery['state']>(delivery: Delivery, state: S): delivery is Extract<Delivery, { state: S }> {
	return delivery.state === state;
}

/** A message that is out of attempts, for its one report. */
export interface ParkedMessage {
	messageId: string;
	attempts: number;
	reason: FailureReason;
}

/** Parked messages that nobody was told about yet; they count as reported from now on. */
export function takeReports(deliveries: Deliveries): { deliveries: Deliveries; parked: ParkedMessage[] } {
	const parked: ParkedMessage[] = [];
	for (const [messageId, delivery] of deliveries.entries) {
		if (delivery.state === 'parked' && !delivery.reported) parked.push({ messageId, attempts: delivery.attempts, reason: delivery.reason });
	}
	if (parked.length === 0) return { deliveries, parked };
	const { entries } = deliveries;
	for (const { messageId } of parked) {
		const delivery = entries.get(messageId);
		if (delivery?.state === 'parked') entries.set(messageId, { ...delivery, reported: true });
	}
	return { deliveries: { ...deliveries, entries }, parked };
}

/**
 * A person has activated the workflow: parked and failed messages get a full set of attempts again, due at once. The
 * number of the attempt goes on counting.
 */
export function release(deliveries: Deliveries, now: number): Deliveries {
	const entries = new Map<string, Delivery>();
	for (const [id, delivery] of deliveries.entries) {
		entries.set(id, delivery.state === 'parked' || delivery.state === 'failed' ? released(delivery, deliveries.listings, now) : delivery);
	}
	return { ...deliveries, entries };
}

function released(delivery: Extract<Delivery, { state: 'parked' | 'failed' }>, listings: number, now: number): Delivery {
	const { attempts, reason } = delivery;
	const suspect = delivery.state === 'failed' ? delivery.suspect : reason.kind === 'interrupted';
	return { state: 'failed', attempts, round: 0, after: listings, dueAt: now, seen: false, suspect, reason };
}

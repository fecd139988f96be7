import type { HandOver } from './choice';
import { FIRST_RETRY_MS, FIVE_DAYS_MS, LONGEST_RETRY_MS, MAXIMUM_REMEMBERED, MAXIMUM_WAITING, afterFailure, interrupted } from './delivery';
import type { Deliveries, Delivery, DeliveryRules, FailureReason } from './delivery';

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
	const unstarted = new Set<string>();
	for (const { messageId, attempt } of batch) {
		const delivery = entries.get(messageId);
		if (delivery === undefined || delivery.attempts !== attempt) continue;
		const isHidden = deliveries.hidden.has(messageId);
		const next = ended(delivery, outcome, { now, listings: deliveries.listings, isHidden }, rules);
		if (next !== undefined) {
			entries.set(messageId, next);
		} else {
			entries.delete(messageId);
			unstarted.add(messageId);
		}
	}
	if (unstarted.size === 0) return { ...deliveries, entries };
	const hidden = new Map([...deliveries.hidden].filter(([id]) => !unstarted.has(id)));
	// What the filter in use may not let through is listed before it is handed over.
	const again = [...unstarted].filter((id) => !deliveries.hidden.has(id));
	return { ...deliveries, entries, hidden, waiting: [...again, ...deliveries.waiting.filter((id) => !unstarted.has(id))] };
}

/** Undefined: as if it had never been handed over. */
function ended(
	delivery: Delivery,
	outcome: Outcome,
	{ now, listings, isHidden }: { now: number; listings: number; isHidden: boolean },
	rules: DeliveryRules,
): Delivery | undefined {
	const { attempts, round } = delivery;
	if (outcome.kind === 'told') return { state: 'delivered', attempts, round, after: listings, confirmed: true, refusals: 0 };
	if (outcome.kind === 'delivered') {
		// Also when the end was no longer expected (overdue, perhaps parked): a success is a success.
		return ['inFlight', 'failed', 'parked'].includes(delivery.state)
			? delivered({ attempts, round, after: listings }, { now, isHidden }, rules)
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
		seen: !isHidden,
		suspect: delivery.suspect,
		reason: { kind: 'crashed' },
	};
}

function delivered(
	counted: { attempts: number; round: number; after: number },
	{ now, isHidden }: { now: number; isHidden: boolean },
	{ afterSuccess }: DeliveryRules,
): Delivery {
	if (afterSuccess === 'await') return { ...counted, state: 'awaiting', since: now };
	// No list could confirm a hidden one.
	return { ...counted, state: 'delivered', confirmed: afterSuccess === 'acknowledge' || isHidden, refusals: 0 };
}

/**
 * Gives up on executions of which n8n reports no end, on acknowledgements that the workflow still owes, and on what a filter has hidden for so
 * long that MESH has taken it out of the inbox.
 */
export function noteTime(deliveries: Deliveries, now: number, rules: DeliveryRules): Deliveries {
	const { listings } = deliveries;
	const entries = new Map(deliveries.entries);
	const hidden = new Map(deliveries.hidden);
	for (const [id, delivery] of entries) {
		const { attempts, round } = delivery;
		const hiddenSince = hidden.get(id);
		if (delivery.state === 'inFlight') {
			if (now - delivery.since < rules.longestExecutionMs) continue;
			const lost = delivery.unheard === true ? interrupted(delivery, listings, now, rules) : undefined;
			entries.set(id, lost ?? afterFailure({ attempts, round, reason: { kind: 'overdue' } }, listings, now, rules));
		} else if (hiddenSince !== undefined) {
			if (now - hiddenSince >= FIVE_DAYS_MS && delivery.state !== 'delivered') {
				entries.delete(id);
				hidden.delete(id);
			}
		} else if (delivery.state === 'awaiting' && rules.redeliverAfterMs !== undefined && now - delivery.since >= rules.redeliverAfterMs) {
			entries.set(id, afterFailure({ attempts, round, reason: { kind: 'notAcknowledged' }, atOnce: true }, listings, now, rules));
		}
	}
	return { ...deliveries, entries, hidden };
}

/** Messages of executions that another process started and of whose end nothing is heard, for at least so long. */
export function unheard({ entries }: Deliveries, now: number, forMs: number): string[] {
	return [...entries]
		.filter(([, delivery]) => delivery.state === 'inFlight' && delivery.unheard === true && now - delivery.since >= forMs)
		.map(([id]) => id);
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
	/** No filter was in use: what a complete walk did not show has left the inbox. Default: false. */
	unfiltered?: boolean;
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
export function noteListing(
	deliveries: Deliveries,
	{ number, messageIds, complete, more = !complete, unfiltered = false }: Listing,
): Deliveries {
	const listed = new Set(messageIds);
	const entries = new Map<string, Delivery>();
	const hidden = new Map<string, number>();
	for (const [id, delivery] of deliveries.entries) {
		const since = listed.has(id) ? undefined : deliveries.hidden.get(id);
		const provesAbsence = complete && (since === undefined || unfiltered);
		const next = delivery.after < number ? inView(delivery, listed.has(id), provesAbsence) : delivery;
		if (next === undefined) continue;
		entries.set(id, next);
		if (since !== undefined && !provesAbsence) hidden.set(id, since);
	}
	const unknown = [...listed].filter((id) => !deliveries.entries.has(id));
	const waiting = unknown.slice(0, MAXIMUM_WAITING);
	return { ...deliveries, entries, hidden, waiting, moreInInbox: more || waiting.length < unknown.length };
}

/** True while a listing should go on: it has not yet found as many new messages as are kept. */
export function wantsMore(deliveries: Deliveries, messageIds: readonly string[]): boolean {
	return messageIds.length - deliveries.entries.size < MAXIMUM_WAITING;
}

function inView(delivery: Delivery, listed: boolean, complete: boolean): Delivery | undefined {
	switch (delivery.state) {
		case 'inFlight':
			// Of an unheard one it is all that will be known of its end.
			return listed || delivery.unheard !== true ? delivery : keepUnless(complete, delivery);
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

/**
 * From here on the inbox is listed by another filter or credential. What waits was listed under the former one. What is remembered may not show
 * in the new list: it is not forgotten for that, and not handed over before it shows; and what its execution has acknowledged itself
 * is acknowledged once more.
 */
export function underOtherListing(deliveries: Deliveries, now: number): Deliveries {
	const entries = new Map(deliveries.entries);
	const hidden = new Map(deliveries.hidden);
	for (const [id, delivery] of deliveries.entries) {
		if (delivery.state === 'acknowledged') continue;
		if (!hidden.has(id)) hidden.set(id, now);
		if (delivery.state === 'delivered') entries.set(id, { ...delivery, confirmed: true });
		if (delivery.state === 'failed') entries.set(id, { ...delivery, seen: false });
	}
	for (const [id] of hidden) {
		if (hidden.size <= MAXIMUM_REMEMBERED) break;
		// Forgotten first is what has been hidden longest.
		if (isForgettable(entries.get(id))) entries.delete(id);
		hidden.delete(id);
	}
	return { ...deliveries, entries, hidden, waiting: [], moreInInbox: false };
}

function isForgettable(delivery: Delivery | undefined): boolean {
	return delivery?.state === 'failed' || delivery?.state === 'parked' || delivery?.state === 'awaiting';
}

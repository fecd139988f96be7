import { MAXIMUM_REMEMBERED, MAXIMUM_WAITING } from './delivery';
import type { Deliveries, Delivery } from './delivery';

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

import { MAXIMUM_WAITING, type Deliveries, type Delivery } from './delivery';

/** One walk over the inbox. */
export interface Listing {
	/** What `beginListing` gave. */
	number: number;
	/** Oldest first. */
	messageIds: readonly string[];
	/** False when the walk broke off before the end of the inbox. */
	complete: boolean;
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
export function noteListing(deliveries: Deliveries, { number, messageIds, complete }: Listing): Deliveries {
	const listed = new Set(messageIds);
	const entries = new Map<string, Delivery>();
	for (const [id, delivery] of deliveries.entries) {
		const next = delivery.after < number ? inView(delivery, listed.has(id), complete) : delivery;
		if (next !== undefined) entries.set(id, next);
	}
	const unknown = [...listed].filter((id) => !deliveries.entries.has(id));
	const waiting = unknown.slice(0, MAXIMUM_WAITING);
	return { ...deliveries, entries, waiting, moreInInbox: !complete || waiting.length < unknown.length };
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
			return listed ? { ...delivery, state: 'delivered', confirmed: true, refusals: 0 } : undefined;
		case 'delivered':
			if (listed) return { ...delivery, confirmed: true };
			// Owed and not yet refused: the answer to the acknowledgement decides, whatever a filtered listing shows.
			return delivery.confirmed && delivery.refusals === 0 ? delivery : keepUnless(complete, delivery);
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

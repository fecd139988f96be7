import { MAXIMUM_REMEMBERED, count, remembered, type Deliveries, type Delivery, type DeliveryRules } from './delivery';

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
	const fresh = deliveries.waiting.slice(0, Math.max(0, Math.min(places, rules.messagesPerExecution, MAXIMUM_REMEMBERED - remembered(deliveries))));
	const again = places > 0 ? nextRedelivery(deliveries, now) : undefined;
	const chosen = again !== undefined && (fresh.length === 0 || (deliveries.turn === 'again' && !againIsFull(deliveries, rules))) ? [again] : fresh;
	if (chosen.length === 0) return { deliveries, batch: [] };

	const entries = new Map(deliveries.entries);
	const batch = chosen.map((messageId) => {
		const delivery = inFlight(entries.get(messageId), deliveries.listings, now);
		entries.set(messageId, delivery);
		return { messageId, attempt: delivery.attempts };
	});
	const turn = chosen === fresh ? 'again' : 'new';
	const waiting = chosen === fresh ? deliveries.waiting.slice(fresh.length) : deliveries.waiting;
	return { deliveries: { ...deliveries, entries, waiting, turn }, batch };
}

/** True when a message could be handed over but for the number in flight. */
export function hasBacklog(deliveries: Deliveries, now: number): boolean {
	return (deliveries.waiting.length > 0 && !isFull(deliveries)) || [...deliveries.entries.values()].some((delivery) => isDue(delivery, now));
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
function nextRedelivery({ entries }: Deliveries, now: number): string | undefined {
	const suspectInFlight = count(entries, (delivery) => delivery.state === 'inFlight' && delivery.suspect) > 0;
	let best: { id: string; dueAt: number } | undefined;
	for (const [id, delivery] of entries) {
		if (delivery.state !== 'failed' || !isDue(delivery, now) || (delivery.suspect && suspectInFlight)) continue;
		if (best === undefined || delivery.dueAt < best.dueAt) best = { id, dueAt: delivery.dueAt };
	}
	return best?.id;
}

function inFlight(previous: Delivery | undefined, listings: number, now: number): Delivery {
	const { attempts, round } = previous ?? { attempts: 0, round: 0 };
	const suspect = previous?.state === 'failed' && previous.suspect;
	return { state: 'inFlight', attempts: attempts + 1, round: round + 1, after: listings, since: now, suspect };
}

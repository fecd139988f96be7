import type { Deliveries, Delivery, FailureReason } from './delivery';

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
	const entries = new Map(deliveries.entries);
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

import type { Deliveries, Delivery, DeliveryRules, FailureReason } from './delivery';
import { afterFailure } from './failure';
import type { HandOver } from './handOver';

/** How an execution ended, as far as its messages are concerned. */
export type Outcome =
	| { kind: 'delivered' }
	| { kind: 'failed'; reason: FailureReason }
	/** n8n never began the execution: the attempt does not count. */
	| { kind: 'notStarted' };

/** Takes in the end of one execution. A late end changes nothing about a message that has been handed over anew. */
export function noteEnd(deliveries: Deliveries, batch: readonly HandOver[], outcome: Outcome, now: number, rules: DeliveryRules): Deliveries {
	const entries = new Map(deliveries.entries);
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
	if (outcome.kind === 'delivered') {
		// Also when the end was no longer expected (overdue, perhaps parked): a success is a success.
		return ['inFlight', 'failed', 'parked'].includes(delivery.state) ? delivered({ attempts, round, after: listings }, now, rules) : delivery;
	}
	if (delivery.state !== 'inFlight') return delivery;
	if (outcome.kind === 'failed') return afterFailure({ attempts, round, reason: outcome.reason }, listings, now, rules);
	if (attempts === 1) return undefined;
	// A redelivery that did not begin is due as before; the listing that allowed it still holds.
	return { state: 'failed', attempts: attempts - 1, round: round - 1, after: listings, dueAt: now, seen: true, suspect: delivery.suspect, reason: { kind: 'crashed' } };
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
			entries.set(id, afterFailure({ attempts, round, reason: { kind: 'notAcknowledged' }, atOnce: true }, deliveries.listings, now, rules));
		}
	}
	return { ...deliveries, entries };
}

/** Delivered messages that may be acknowledged now. */
export function toAcknowledge({ entries }: Deliveries): string[] {
	return [...entries].filter(([, delivery]) => delivery.state === 'delivered' && delivery.confirmed).map(([id]) => id);
}

/** MESH has taken the acknowledgement, or no longer has the message. */
export function noteAcknowledged(deliveries: Deliveries, messageId: string): Deliveries {
	return change(deliveries, messageId, 'delivered', ({ attempts, round }) => ({ state: 'acknowledged', attempts, round, after: deliveries.listings }));
}

/** The acknowledgement failed: it stays owed, and no longer holds up other messages. */
export function noteRefusal(deliveries: Deliveries, messageId: string): Deliveries {
	return change(deliveries, messageId, 'delivered', (delivery) => ({ ...delivery, refusals: delivery.refusals + 1 }));
}

function change<S extends Delivery['state']>(deliveries: Deliveries, id: string, state: S, to: (delivery: Extract<Delivery, { state: S }>) => Delivery): Deliveries {
	const delivery = deliveries.entries.get(id);
	if (delivery === undefined || !isIn(delivery, state)) return deliveries;
	return { ...deliveries, entries: new Map(deliveries.entries).set(id, to(delivery)) };
}

function isIn<S extends Delivery['state']>(delivery: Delivery, state: S): delivery is Extract<Delivery, { state: S }> {
	return delivery.state === state;
}

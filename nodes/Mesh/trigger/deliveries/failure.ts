import type { Delivery, DeliveryRules, FailureReason } from './delivery';

/** A failing message is tried at least this often, however many times it has failed. */
export const LONGEST_PAUSE_MS = 6 * 60 * 60 * 1000;

/** Pause after the given number of failures: doubles each time, up to six hours. */
export function redeliveryPause(failures: number, { pauseMs }: Pick<DeliveryRules, 'pauseMs'>): number {
	return Math.min(pauseMs * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS);
}

export interface Failing {
	attempts: number;
	round: number;
	reason: FailureReason;
	/** It was in flight when n8n stopped, so it may be what stopped n8n. */
	suspect?: boolean;
	/** Due at once rather than after a pause. */
	atOnce?: boolean;
}

/** What a message becomes when a delivery failed: due again after a pause, or parked when its attempts are used up. */
export function afterFailure({ attempts, round, reason, suspect = false, atOnce = false }: Failing, listings: number, now: number, rules: DeliveryRules): Delivery {
	const counted = { attempts, round, after: listings };
	if (round >= rules.deliveryAttempts) return { ...counted, state: 'parked', reason, reported: false };
	const dueAt = atOnce ? now : now + redeliveryPause(round, rules);
	return { ...counted, state: 'failed', dueAt, seen: false, suspect, reason };
}

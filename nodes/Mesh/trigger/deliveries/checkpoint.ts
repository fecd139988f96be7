import { MAXIMUM_REMEMBERED, afterFailure, failureKinds, noDeliveries, redeliveryPause } from './delivery';
import type { Deliveries, Delivery, DeliveryRules, FailureReason } from './delivery';

/** The ledger as n8n's static data keeps it: JSON, one short line for each message. */
export interface Checkpoint {
	version: 1;
	/** `<state> <attempts> <round> <detail> <message ID>`; see `line`. */
	messages: string[];
}

/** Writes down what must survive the end of the process. Acknowledged and waiting messages are found again by listing. */
export function toCheckpoint({ entries }: Deliveries): Checkpoint {
	const messages: string[] = [];
	for (const [id, delivery] of entries) {
		const detail = line(delivery);
		if (detail !== undefined) messages.push(`${detail} ${id}`);
	}
	return { version: 1, messages };
}

function line(delivery: Delivery): string | undefined {
	const { attempts, round } = delivery;
	switch (delivery.state) {
		case 'inFlight':
			return `running ${attempts} ${round} ${delivery.suspect ? 'suspect' : '-'}`;
		case 'failed':
			return `${delivery.suspect ? 'suspect' : 'failed'} ${attempts} ${round} ${delivery.dueAt}`;
		case 'parked':
			return `${delivery.reported ? 'reported' : 'parked'} ${attempts} ${round} ${delivery.reason.kind}`;
		case 'delivered':
			return `${delivery.confirmed ? 'delivered' : 'unconfirmed'} ${attempts} ${round} -`;
		case 'awaiting':
			return `awaiting ${attempts} ${round} ${delivery.since}`;
		case 'acknowledged':
			return undefined;
	}
}

/**
 * The ledger after a restart. What was in flight goes on as a suspect, and a suspect that was in flight has failed once more, so that a
 * message which brings n8n down is parked in the end while those beside it keep their attempts. Lines that cannot be read are left out: their messages are delivered anew.
 * @param stored whatever the static data holds
 */
export function fromCheckpoint(stored: unknown, now: number, rules: DeliveryRules): Deliveries {
	const entries = new Map<string, Delivery>();
	for (const text of messagesOf(stored)) {
		const read = typeof text === 'string' ? readLine(text, now, rules) : undefined;
		if (read !== undefined && entries.size < MAXIMUM_REMEMBERED) entries.set(read.id, read.delivery);
	}
	return { ...noDeliveries(), entries };
}

/**
 * Adds what another n8n process has written since (several main processes take turns at polling). Whoever has made more
 * attempts knows more; what we have in flight or have delivered ourselves stays as it is.
 */
export function mergeCheckpoint(deliveries: Deliveries, stored: unknown, now: number, rules: DeliveryRules): Deliveries {
	const entries = new Map(deliveries.entries);
	for (const [id, theirs] of fromCheckpoint(stored, now, rules).entries) {
		const ours = entries.get(id);
		const isOurs =
			ours !== undefined && (ours.attempts >= theirs.attempts || ['inFlight', 'delivered', 'acknowledged'].includes(ours.state));
		if (!isOurs) entries.set(id, { ...theirs, after: deliveries.listings });
	}
	return { ...deliveries, entries, waiting: deliveries.waiting.filter((id) => !entries.has(id)) };
}

function messagesOf(stored: unknown): readonly unknown[] {
	if (typeof stored !== 'object' || stored === null || !('version' in stored) || !('messages' in stored)) return [];
	return stored.version === 1 && Array.isArray(stored.messages) ? stored.messages : [];
}

function readLine(text: string, now: number, rules: DeliveryRules): { id: string; delivery: Delivery } | undefined {
	const [, state = '', attemptsText, roundText, detail = '', id = ''] = /^([a-z]+) (\d{1,9}) (\d{1,9}) (\S+) (\S+)$/i.exec(text) ?? [];
	const attempts = Math.max(1, Number(attemptsText));
	const counted = { attempts, round: Math.min(attempts, Number(roundText)), after: 0 };
	const delivery = id === '' ? undefined : readDelivery(state, counted, detail, now, rules);
	return delivery && { id, delivery };
}

function readDelivery(
	state: string,
	counted: { attempts: number; round: number; after: number },
	detail: string,
	now: number,
	rules: DeliveryRules,
): Delivery | undefined {
	switch (state) {
		case 'running':
			return interrupted(counted, detail === 'suspect', now, rules);
		case 'failed':
		case 'suspect':
			// A time further ahead than any pause was written by a clock that was wrong.
			return {
				...counted,
				state: 'failed',
				dueAt: Math.min(time(detail, now), now + redeliveryPause(counted.round, rules)),
				seen: false,
				suspect: state === 'suspect',
				reason: { kind: 'interrupted' },
			};
		case 'parked':
		case 'reported':
			return { ...counted, state: 'parked', reason: reasonOf(detail), reported: state === 'reported' };
		case 'delivered':
		case 'unconfirmed':
			return { ...counted, state: 'delivered', confirmed: state === 'delivered', refusals: 0 };
		case 'awaiting':
			return { ...counted, state: 'awaiting', since: Math.min(time(detail, now), now) };
		default:
			return undefined;
	}
}

/**
 * In flight when n8n stopped. Most of it is not to blame for the stop, so the attempt does not count towards the limit, unless there is to be
 * only one; suspects go one at a time, and for them it counts.
 */
function interrupted(
	counted: { attempts: number; round: number; after: number },
	wasSuspect: boolean,
	now: number,
	rules: DeliveryRules,
): Delivery {
	const counts = wasSuspect || rules.deliveryAttempts === 1;
	const failed = afterFailure(
		{ ...counted, round: Math.max(0, counted.round - (counts ? 0 : 1)), reason: { kind: 'interrupted' }, suspect: true },
		0,
		now,
		rules,
	);
	return failed.state === 'failed' ? { ...failed, dueAt: now + redeliveryPause(counted.round, rules) } : failed;
}

function time(text: string, fallback: number): number {
	const value = Number(text);
	return Number.isSafeInteger(value) && value >= 0 ? value : fallback;
}

function reasonOf(text: string): FailureReason {
	return { kind: failureKinds.find((kind) => kind === text) ?? 'failed' };
}

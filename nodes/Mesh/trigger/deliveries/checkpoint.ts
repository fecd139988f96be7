import { LONGEST_RETRY_MS, MAXIMUM_REMEMBERED, failureKinds, interrupted, noDeliveries, redeliveryPause } from './delivery';
import type { Deliveries, Delivery, DeliveryRules, FailureReason } from './delivery';

/** The ledger as n8n's static data keeps it: JSON, one short line for each message. */
export interface Checkpoint {
	version: 1;
	/** `<state> <attempts> <round> <detail> <message ID>`, see `line`, and for a hidden one since when. */
	messages: string[];
}

/**
 * Writes down what must survive the end of the process. Acknowledged and waiting messages are found again by listing.
 * @param outlives whether executions go on when this process ends
 */
export function toCheckpoint({ entries, hidden }: Deliveries, outlives = false): Checkpoint {
	const messages: string[] = [];
	for (const [id, delivery] of entries) {
		const start = line(delivery, outlives);
		if (start === undefined) continue;
		const since = hidden.get(id);
		messages.push(since === undefined ? `${start} ${id}` : `${start} ${id} ${since}`);
	}
	return { version: 1, messages };
}

function line(delivery: Delivery, outlives: boolean): string | undefined {
	const { attempts, round } = delivery;
	switch (delivery.state) {
		case 'inFlight': {
			const since = outlives || delivery.unheard === true ? `@${delivery.since}` : '';
			return `running ${attempts} ${round} ${delivery.suspect ? 'suspect' : '-'}${since}`;
		}
		case 'failed':
			return `${delivery.suspect ? 'suspect' : 'failed'} ${attempts} ${round} ${delivery.dueAt}`;
		case 'parked':
			return `${delivery.reported ? 'reported' : 'parked'} ${attempts} ${round} ${delivery.reason.kind}`;
		case 'delivered': {
			const { confirmed, refusals, retryAt, unheeded = 0 } = delivery;
			const trouble = retryAt === undefined && unheeded === 0 ? '-' : `${refusals}/${retryAt ?? '-'}/${unheeded}`;
			return `${confirmed ? 'delivered' : 'unconfirmed'} ${attempts} ${round} ${trouble}`;
		}
		case 'awaiting':
			return `awaiting ${attempts} ${round} ${delivery.since}`;
		case 'acknowledged':
			// MESH has said yes before and gone on listing it: perhaps it does so again.
			return delivery.unheeded === undefined ? undefined : `delivered ${attempts} ${round} 0/-/${delivery.unheeded}`;
	}
}

/**
 * The ledger after a restart. What was in flight and ended with its process goes on as a suspect, and a suspect that was in flight has failed once more, so that a
 * message which brings n8n down is parked in the end while those beside it keep their attempts. Lines that cannot be read are left out: their messages are delivered anew.
 * @param stored whatever the static data holds
 */
export function fromCheckpoint(stored: unknown, now: number, rules: DeliveryRules): Deliveries {
	const entries = new Map<string, Delivery>();
	const hidden = new Map<string, number>();
	for (const text of messagesOf(stored)) {
		const read = typeof text === 'string' ? readLine(text, now, rules) : undefined;
		if (read === undefined) continue;
		const isHidden = read.hiddenSince !== undefined;
		if ((isHidden ? hidden.size : entries.size - hidden.size) >= MAXIMUM_REMEMBERED) continue;
		entries.set(read.id, read.delivery);
		if (read.hiddenSince !== undefined) hidden.set(read.id, read.hiddenSince);
	}
	return { ...noDeliveries(), entries, hidden };
}

/**
 * Adds what another n8n process has written since (several main processes take turns at polling). Whoever has made more
 * attempts knows more; what we have in flight or have delivered ourselves stays as it is.
 */
export function mergeCheckpoint(deliveries: Deliveries, stored: unknown, now: number, rules: DeliveryRules): Deliveries {
	const entries = new Map(deliveries.entries);
	const hidden = new Map(deliveries.hidden);
	const read = fromCheckpoint(stored, now, rules);
	for (const [id, theirs] of read.entries) {
		const ours = entries.get(id);
		const isOurs =
			ours !== undefined && (ours.attempts >= theirs.attempts || ['inFlight', 'delivered', 'acknowledged'].includes(ours.state));
		if (isOurs) continue;
		entries.set(id, { ...theirs, after: deliveries.listings });
		const since = read.hidden.get(id);
		if (since !== undefined) hidden.set(id, since);
	}
	return { ...deliveries, entries, hidden, waiting: deliveries.waiting.filter((id) => !entries.has(id)) };
}

function messagesOf(stored: unknown): readonly unknown[] {
	if (typeof stored !== 'object' || stored === null || !('version' in stored) || !('messages' in stored)) return [];
	return stored.version === 1 && Array.isArray(stored.messages) ? stored.messages : [];
}

interface Read {
	id: string;
	delivery: Delivery;
	hiddenSince?: number;
}

function readLine(text: string, now: number, rules: DeliveryRules): Read | undefined {
	const found = /^([a-z]+) (\d{1,9}) (\d{1,9}) (\S+) (\S+)(?: (\d{1,16}))?$/i.exec(text) ?? [];
	const [, state = '', attemptsText, roundText, detail = '', id = '', since] = found;
	const attempts = Math.max(1, Number(attemptsText));
	const counted = { attempts, round: Math.min(attempts, Number(roundText)), after: 0 };
	const delivery = id === '' ? undefined : readDelivery(state, counted, detail, now, rules);
	return delivery && { id, delivery, ...(since === undefined ? {} : { hiddenSince: Math.min(time(since, now), now) }) };
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
			return running(counted, detail, now, rules);
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
			return { ...counted, state: 'delivered', confirmed: state === 'delivered', ...refusal(detail, now) };
		case 'awaiting':
			return { ...counted, state: 'awaiting', since: Math.min(time(detail, now), now) };
		default:
			return undefined;
	}
}

/** In flight when the process stopped: lost with it, or, where its start is on record, perhaps still running on a worker. */
function running(counted: { attempts: number; round: number; after: number }, detail: string, now: number, rules: DeliveryRules): Delivery {
	const [, mark, since] = /^(-|suspect)(?:@(\d+))?$/.exec(detail) ?? [];
	const suspect = mark === 'suspect';
	if (since === undefined) return interrupted({ ...counted, suspect }, 0, now, rules);
	return { ...counted, state: 'inFlight', since: Math.min(time(since, now), now), suspect, unheard: true };
}

/** What is known of acknowledgements that MESH has refused or not heeded. */
function refusal(detail: string, now: number): { refusals: number; retryAt?: number; unheeded?: number } {
	const [, refusals = '0', retryAt = '-', unheeded = '0'] = /^(\d{1,9})\/(-|\d{1,16})\/(\d{1,9})$/.exec(detail) ?? [];
	return {
		refusals: Number(refusals),
		...(retryAt === '-' ? {} : { retryAt: Math.min(time(retryAt, now), now + LONGEST_RETRY_MS) }),
		...(Number(unheeded) === 0 ? {} : { unheeded: Number(unheeded) }),
	};
}

function time(text: string, fallback: number): number {
	const value = Number(text);
	return Number.isSafeInteger(value) && value >= 0 ? value : fallback;
}

function reasonOf(text: string): FailureReason {
	return { kind: failureKinds.find((kind) => kind === text) ?? 'failed' };
}

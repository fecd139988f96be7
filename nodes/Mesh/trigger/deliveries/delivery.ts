/**
 * What the trigger remembers of a message between the first hand-over and the moment it has left the inbox. Plain data:
 * every change is a function from one `Deliveries` to the next, without clock, network or n8n.
 */
export type Delivery =
	/** Handed over; its execution has not ended. Of an `unheard` one nobody will say how it ends: another process started it on a worker. */
	| (Counted & { state: 'inFlight'; since: number; suspect: boolean; unheard?: boolean })
	/** Not delivered; handed over again once `dueAt` has come and a later listing has shown it in the inbox (`seen`). */
	| (Counted & { state: 'failed'; dueAt: number; seen: boolean; suspect: boolean; reason: FailureReason })
	/** Out of attempts: left in the inbox, not handed over until `release`. */
	| (Counted & { state: 'parked'; reason: FailureReason; reported: boolean })
	/** Delivered, not acknowledged. Unless `confirmed`, only a listing that still shows it makes us acknowledge it. */
	| (Counted & { state: 'delivered'; confirmed: boolean; refusals: number; retryAt?: number; unheeded?: number })
	/** Delivered; the workflow acknowledges it later. */
	| (Counted & { state: 'awaiting'; since: number })
	/** Acknowledged; kept until a later listing no longer shows it, so that an older listing cannot bring it back. */
	| (Counted & { state: 'acknowledged'; unheeded?: number });

interface Counted {
	/** Hand-overs so far, the running one included. */
	attempts: number;
	/** Hand-overs since the first one or the last `release`: what the limit counts. */
	round: number;
	/** Number of the last listing that had begun when this state was entered: only later listings say something about it. */
	after: number;
}

/** Why a delivery did not succeed. Holds no text of the workflow's error, which may quote message content. */
export interface FailureReason {
	kind: FailureKind;
	/** Name of the node where the execution ended. */
	node?: string;
}

export const failureKinds = [
	/** The execution ended with an error. */
	'failed',
	/** The execution was stopped by a person, a time limit or a shutdown. */
	'canceled',
	/** The process that ran the execution died, or n8n lost it. */
	'crashed',
	/** n8n itself stopped while the execution ran. */
	'interrupted',
	/** n8n reported no end for longer than `longestExecutionMs`. */
	'overdue',
	/** Acknowledging was left to the workflow, and it did not. */
	'notAcknowledged',
] as const;

export type FailureKind = (typeof failureKinds)[number];

/**
 * The ledger of one trigger node and mailbox. Each step gives the next ledger and leaves the one before behind: the steps that come with each
 * message change `entries` and `waiting` in place, since a copy of thousands of them for each message would be felt.
 */
export interface Deliveries {
	readonly entries: Map<string, Delivery>;
	/**
	 * Remembered messages that were last listed under another filter, and since when: that a list does not show them proves nothing,
	 * unless it shows everything.
	 */
	readonly hidden: ReadonlyMap<string, number>;
	/** Listed and never handed over, oldest first. */
	readonly waiting: string[];
	/** True when the last listing broke off before the end of the inbox. */
	readonly moreInInbox: boolean;
	/** How many listings have begun. */
	readonly listings: number;
	/** Whose turn it is when both new messages and redeliveries could be handed over. */
	readonly turn: 'new' | 'again';
}

/** The user's settings as far as they rule deliveries. Durations are milliseconds. */
export interface DeliveryRules {
	/** Messages handed over whose execution has not ended, at most. */
	maximumInFlight: number;
	/** New messages in one execution, at most; redeliveries always go alone, so that a bad message cannot fail good ones. */
	messagesPerExecution: number;
	/** Hand-overs before a message is parked. */
	deliveryAttempts: number;
	/** Pause after the first failure; doubles with each further one. */
	pauseMs: number;
	/** What a successful execution means: acknowledge, wait for a listing that still shows the message, or leave it to the workflow. */
	afterSuccess: 'acknowledge' | 'confirm' | 'await';
	/** Hand over again what the workflow did not acknowledge for so long; absent means never. */
	redeliverAfterMs?: number;
	/** An execution that runs longer counts as lost. */
	longestExecutionMs: number;
	/** Messages that another trigger of this process has in flight. */
	isElsewhere?: (messageId: string) => boolean;
	/** New messages of which too little is known to hand them over. */
	isHeld?: (messageId: string) => boolean;
	/** Messages that may not share an execution with others. */
	goesAlone?: (messageId: string) => boolean;
}

/** Messages that are remembered at most: beyond it nothing new is handed over until some have left the inbox. */
export const MAXIMUM_REMEMBERED = 5_000;

/** New message IDs kept from one listing; the rest of the inbox is listed again when these are handed over. */
export const MAXIMUM_WAITING = 10_000;

export function noDeliveries(): Deliveries {
	return { entries: new Map(), hidden: new Map(), waiting: [], moreInInbox: false, listings: 0, turn: 'new' };
}

/** After five days MESH takes a message that nobody has acknowledged out of the inbox. */
export const FIVE_DAYS_MS = 5 * 24 * 60 * 60 * 1000;

/** Entries that count towards `MAXIMUM_REMEMBERED`. Acknowledged ones do not: the next listing clears them; nor do those that a filter hides. */
export function remembered({ entries, hidden }: Deliveries): number {
	let total = 0;
	for (const [id, { state }] of entries) if (state !== 'acknowledged' && !hidden.has(id)) total++;
	return total;
}

export function count(entries: ReadonlyMap<string, Delivery>, matches: (delivery: Delivery) => boolean): number {
	let total = 0;
	for (const delivery of entries.values()) if (matches(delivery)) total++;
	return total;
}

/** A failing message is tried at least this often, however many times it has failed. */
export const LONGEST_PAUSE_MS = 6 * 60 * 60 * 1000;

/** Pause after the given number of failures: doubles each time, up to six hours. */
export function redeliveryPause(failures: number, { pauseMs }: Pick<DeliveryRules, 'pauseMs'>): number {
	return Math.min(pauseMs * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS);
}

/** An acknowledgement that was refused for good is sent again after this, twice as long each time, an hour at most. */
export const FIRST_RETRY_MS = 5 * 60_000;
export const LONGEST_RETRY_MS = 60 * 60_000;

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
export function afterFailure(
	{ attempts, round, reason, suspect = false, atOnce = false }: Failing,
	listings: number,
	now: number,
	rules: DeliveryRules,
): Delivery {
	const counted = { attempts, round, after: listings };
	if (round >= rules.deliveryAttempts) return { ...counted, state: 'parked', reason, reported: false };
	const dueAt = atOnce ? now : now + redeliveryPause(round, rules);
	return { ...counted, state: 'failed', dueAt, seen: false, suspect, reason };
}

/**
 * In flight when n8n stopped. Most of it is not to blame for the stop, so the attempt does not count towards the limit, unless there is to be
 * only one; suspects go one at a time, and for them it counts.
 */
export function interrupted(
	{ attempts, round, suspect }: Pick<Failing, 'attempts' | 'round' | 'suspect'>,
	listings: number,
	now: number,
	rules: DeliveryRules,
): Delivery {
	const counts = suspect === true || rules.deliveryAttempts === 1;
	const failing = { attempts, round: Math.max(0, round - (counts ? 0 : 1)), reason: { kind: 'interrupted' as const }, suspect: true };
	const failed = afterFailure(failing, listings, now, rules);
	return failed.state === 'failed' ? { ...failed, dueAt: now + redeliveryPause(round, rules) } : failed;
}

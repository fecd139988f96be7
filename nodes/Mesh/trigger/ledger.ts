import type { IPollFunctions } from 'n8n-workflow';
import { runtime } from '../client';
import type { MeshClient } from '../client';
import {
	FIVE_DAYS_MS,
	MAXIMUM_REMEMBERED,
	fromCheckpoint,
	inFlightCount,
	mergeCheckpoint,
	noDeliveries,
	toAcknowledge,
	toCheckpoint,
	underOtherListing,
} from './deliveries';
import type { Deliveries, DeliveryRules } from './deliveries';
import { isQueueMode, processId } from './process';

/** The deliveries of one trigger node and mailbox, shared by its polls and by the ends of the executions they started. */
export interface Ledger {
	readonly mailboxId: string;
	/** Server and mailbox. */
	readonly mailbox: string;
	/** Under which filter its messages were last listed, and with which credential; of a checkpoint only the filter is known. */
	filter?: string;
	credential?: string;
	deliveries: Deliveries;
	/** When the credential was changed to that of another mailbox. */
	leftAt?: number;
	/** How it was last written down while another mailbox is in use: thousands of messages, and each hand-over of the other writes them. */
	written?: { deliveries: Deliveries; leftAt?: number; stored: StoredLedger };
	/** Acknowledgements under way: none is sent twice at once. */
	readonly acknowledging: Set<string>;
	/** Why nothing more should be handed over in this poll: MESH does not take acknowledgements, or n8n starts nothing. */
	trouble?: Trouble;
	/** Why MESH refused the last acknowledgement that it refused for good. */
	refusal?: unknown;
	/** When refused acknowledgements were last reported. */
	refusalsRaisedAt?: number;
	/** Executions of a former process were reported as unheard of. */
	unheardRaised?: boolean;
	/** Of the waiting messages: those whose headers were asked for, and the reports among them. */
	readonly looked: Set<string>;
	readonly reports: Set<string>;
	/** Executions that failed since the last one that succeeded. */
	failuresInARow: number;
	/** Resolves at the next `touch`. */
	changed(): Promise<void>;
	/** Tells whoever waits that something has changed. */
	touch(): void;
}

type Trouble = { kind: 'acknowledgement'; error: unknown } | { kind: 'notStarted'; error?: unknown };

/** Where messages come from: scheme, host and port, and the mailbox. */
export type Mailbox = Pick<MeshClient, 'mailboxId' | 'origin'>;

export function newLedger({ mailboxId, origin }: Mailbox, deliveries: Deliveries = noDeliveries()): Ledger {
	let waiting: Array<() => void> = [];
	return {
		mailboxId,
		mailbox: `${origin} ${mailboxId}`,
		deliveries,
		acknowledging: new Set(),
		looked: new Set(),
		reports: new Set(),
		failuresInARow: 0,
		changed: async () =>
			await new Promise<void>((resolve) => {
				waiting.push(resolve);
			}),
		touch() {
			const woken = waiting;
			waiting = [];
			for (const wake of woken) wake();
		},
	};
}

/** True when no execution of it is to end and no acknowledgement is owed. */
export function isIdle({ deliveries }: Ledger): boolean {
	return inFlightCount(deliveries) === 0 && toAcknowledge(deliveries).length === 0;
}

/** The ledgers of one trigger node. */
export interface Ledgers {
	ledger?: Ledger;
	/** Of mailboxes that the credential was for before: executions that were started for them may still run. */
	former: Map<string, Ledger>;
	/** The last checkpoint of another process that was taken in, so that it is taken in once. */
	adopted?: string;
	/** When the last complete listing began. */
	listedAt?: number;
}

/** Filter and credential in use: what was listed under others is listed anew before anything is handed over. */
export interface ListedUnder {
	filter: string;
	credential: string;
}

/**
 * The ledger of this mailbox: from memory; after a restart from static data; with what another main process has
 * written since. The ledger of another mailbox (the credential was exchanged) is kept for the executions that belong to it, and for the day
 * when the credential is changed back.
 */
export function openLedger(
	context: StaticDataHolder,
	session: Ledgers,
	client: Mailbox,
	listedUnder: ListedUnder,
	now: number,
	rules: DeliveryRules,
): Ledger {
	const mailbox = `${client.origin} ${client.mailboxId}`;
	const stored = storedLedgers(context).find((one) => isOf(one, client) && isFresh(one, now));
	if (session.ledger?.mailbox !== mailbox) {
		const known = session.former.get(mailbox);
		session.former.delete(mailbox);
		leave(session, now);
		if (known !== undefined) Object.assign(known, { leftAt: undefined, deliveries: underOtherListing(known.deliveries, now) });
		session.ledger = known ?? restored(client, stored, now, rules);
		session.listedAt = undefined;
	} else if (stored !== undefined && stored.process !== processId && session.adopted !== JSON.stringify(stored)) {
		session.ledger.deliveries = mergeCheckpoint(session.ledger.deliveries, stored, now, rules);
	}
	session.adopted = stored === undefined || stored.process === processId ? undefined : JSON.stringify(stored);
	const { ledger } = session;
	const { filter = listedUnder.filter, credential = listedUnder.credential } = ledger;
	if (filter !== listedUnder.filter || credential !== listedUnder.credential) {
		ledger.deliveries = underOtherListing(ledger.deliveries, now);
		session.listedAt = undefined;
	}
	return Object.assign(ledger, listedUnder);
}

function restored(client: Mailbox, stored: StoredLedger | undefined, now: number, rules: DeliveryRules): Ledger {
	const ledger = newLedger(client, fromCheckpoint(stored, now, rules));
	const { filter, refusalsRaisedAt }: Partial<StoredLedger> = stored ?? {};
	if (typeof filter === 'string') ledger.filter = filter;
	// A time in the future was written by a clock that was wrong.
	if (typeof refusalsRaisedAt === 'number' && refusalsRaisedAt <= now) ledger.refusalsRaisedAt = refusalsRaisedAt;
	return ledger;
}

function leave(session: Ledgers, now: number): void {
	const { ledger, former } = session;
	if (ledger !== undefined) former.set(ledger.mailbox, Object.assign(ledger, { leftAt: now }));
	for (const [mailbox, other] of former) if (now - (other.leftAt ?? now) > FIVE_DAYS_MS && isIdle(other)) former.delete(mailbox);
}

/** A ledger as static data keeps it; whatever a person or another version has put there. */
interface StoredLedger {
	mailboxId: string;
	/** Absent in a checkpoint of version 0.1. */
	mailbox?: string;
	process: string;
	messages?: unknown;
	filter?: unknown;
	refusalsRaisedAt?: unknown;
	leftAt?: unknown;
}

/** Where a node's static data is: n8n's context of a poll. */
export type StaticDataHolder = Pick<IPollFunctions, 'getWorkflowStaticData'>;

/** The last one written first, then those of former mailboxes, the latest first. */
function storedLedgers(context: StaticDataHolder): StoredLedger[] {
	const { ledger, former } = context.getWorkflowStaticData('node');
	return [ledger, ...(Array.isArray(former) ? former : [])].filter(isStoredLedger);
}

function isStoredLedger(value: unknown): value is StoredLedger {
	return typeof value === 'object' && value !== null && 'mailboxId' in value && 'process' in value;
}

function isFresh({ leftAt }: StoredLedger, now: number): boolean {
	return typeof leftAt !== 'number' || now - leftAt <= FIVE_DAYS_MS;
}

function isOf(stored: StoredLedger, { mailboxId, origin }: Mailbox): boolean {
	return stored.mailboxId === mailboxId && (stored.mailbox === undefined || stored.mailbox === `${origin} ${mailboxId}`);
}

/**
 * Writes the ledger into the node's static data. n8n saves that only when something is emitted, so call it directly
 * before `__emit`, without waiting in between: n8n then saves this very state together with the hand-over. At the end of a
 * poll it serves n8n's durable cursors, which are saved without an emission.
 */
export function writeCheckpoint(context: StaticDataHolder, { former }: Ledgers, ledger: Ledger, now = runtime.steadyNow()): void {
	const others = formerLedgers(storedLedgers(context), former, ledger, now);
	const data = context.getWorkflowStaticData('node');
	data.ledger = toStored(ledger);
	if (others.length > 0) data.former = others;
	else delete data.former;
}

function toStored({ mailboxId, mailbox, filter, refusalsRaisedAt, leftAt, deliveries }: Ledger): StoredLedger {
	return {
		...toCheckpoint(deliveries, isQueueMode()),
		mailboxId,
		mailbox,
		process: processId,
		...(filter === undefined ? {} : { filter }),
		...(refusalsRaisedAt === undefined ? {} : { refusalsRaisedAt }),
		...(leftAt === undefined ? {} : { leftAt }),
	};
}

/** Written down anew only when it has changed. */
function formerToStored(ledger: Ledger): StoredLedger {
	const { deliveries, leftAt, written } = ledger;
	if (written?.deliveries === deliveries && written.leftAt === leftAt) return written.stored;
	const stored = toStored(ledger);
	ledger.written = { deliveries, leftAt, stored };
	return stored;
}

/** Mailboxes that are remembered beside the present one, and all their messages together. */
const MAXIMUM_FORMER = 10;

/**
 * What is known of other mailboxes for the day when the credential is changed back: from memory where this process has had them, else as it
 * stands in static data. For five days: by then MESH has taken the messages out of their inboxes.
 */
function formerLedgers(
	stored: readonly StoredLedger[],
	former: ReadonlyMap<string, Ledger>,
	{ mailboxId, mailbox }: Ledger,
	now: number,
): StoredLedger[] {
	const own = { mailboxId, origin: mailbox.slice(0, -mailboxId.length - 1) };
	const known = [...former.values()].map(formerToStored);
	const others = stored
		.filter((one) => !isOf(one, own) && !known.some((other) => one.mailboxId === other.mailboxId && one.mailbox === other.mailbox))
		.map((one): StoredLedger => ({ ...one, leftAt: typeof one.leftAt === 'number' ? Math.min(one.leftAt, now) : now }));
	let messages = 0;
	return [...known, ...others]
		.filter((one) => Array.isArray(one.messages) && one.messages.length > 0 && isFresh(one, now))
		.sort((one, other) => Number(other.leftAt) - Number(one.leftAt))
		.slice(0, MAXIMUM_FORMER)
		.filter((one) => (messages += (one.messages as unknown[]).length) <= MAXIMUM_REMEMBERED);
}

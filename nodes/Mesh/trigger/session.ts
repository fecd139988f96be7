import { randomUUID } from 'node:crypto';
import type { INode, IPollFunctions } from 'n8n-workflow';
import { isMeshError, runtime } from '../client';
import type { MeshClient } from '../client';
import { fromCheckpoint, inFlightCount, mergeCheckpoint, toAcknowledge, toCheckpoint, underOtherListing } from './deliveries';
import type { Deliveries, DeliveryRules } from './deliveries';
import type { TriggerSettings } from './settings';

/** What one trigger node remembers between polls, in the process that polls. Static data holds the checkpoint of it. */
export interface Session {
	ledger?: Ledger;
	/** Of mailboxes that the credential was for before: executions that were started for them may still run. */
	former: Map<string, Ledger>;
	/** When it polled last. */
	polledAt: number;
	/** The last checkpoint of another process that was taken in, so that it is taken in once. */
	adopted?: string;
	outage: Outage;
	/** When the mailbox was validated, and with which credential. */
	validated?: { at: number; credential: string };
	/** When the last complete listing began. */
	listedAt?: number;
	/** MESH wants not to be asked again before. */
	notBefore?: number;
	/** When refused acknowledgements, and lists with something unusable in them, were last reported. */
	refusalsRaisedAt?: number;
	badListRaisedAt?: number;
	/** When the ledger was last reported as full. */
	fullReportedAt?: number;
	/** When other triggers of the same mailbox were last reported. */
	neighboursRaisedAt?: number;
	/** A person has activated the workflow and no poll has got as far as giving parked messages their attempts back. */
	releaseDue?: boolean;
	/** Hand-overs in a row whose end n8n has not even asked to be told, as long as it has never told any. */
	unheardEnds: number;
	/** n8n has told how an execution ended. */
	hearsEnds?: boolean;
	running?: RunningPoll;
}

/** A poll that has not ended. */
interface RunningPoll {
	context: IPollFunctions;
	/** Makes it stop and hand over nothing more. */
	stop: AbortController;
	ended: Promise<void>;
}

const PROCESS_KEY = Symbol.for('n8n-nodes-nhs-mesh.process');

/** Tells what this process has handed over from what another has; the same after the package was reloaded in place. */
export const processId: string = ((globalThis as { [PROCESS_KEY]?: string })[PROCESS_KEY] ??= randomUUID());

const sessions = new Map<string, Session>();
let seenContexts = new WeakSet<IPollFunctions>();

/** By node and not by activation: executions of an earlier activation may still be running. */
export function sessionOf(context: IPollFunctions): Session {
	const key = `${context.getWorkflow().id ?? ''}:${context.getNode().id}`;
	const now = runtime.steadyNow();
	const session = sessions.get(key) ?? newSession(now);
	session.polledAt = now;
	sessions.set(key, session);
	for (const [other, idle] of sessions) if (now - idle.polledAt > FORGOTTEN_MS && isIdle(idle)) sessions.delete(other);
	return session;
}

export function newSession(now: number): Session {
	return { former: new Map(), polledAt: now, outage: noOutage, unheardEnds: 0 };
}

/** A trigger that has not polled for so long is no longer active, or polls so seldom that its checkpoint serves as well. */
const FORGOTTEN_MS = 25 * 60 * 60_000;

function isIdle({ ledger, former, running }: Session): boolean {
	if (running !== undefined) return false;
	return [...former.values(), ...(ledger === undefined ? [] : [ledger])].every(
		({ deliveries }) => inFlightCount(deliveries) === 0 && toAcknowledge(deliveries).length === 0,
	);
}

/** For tests: how many triggers are remembered. */
export function sessionCount(): number {
	return sessions.size;
}

/** True the first time: n8n makes one context for each activation, and one for each poll under its durable scheduler. */
function isNewContext(context: IPollFunctions): boolean {
	const isNew = !seenContexts.has(context);
	seenContexts.add(context);
	return isNew;
}

/** For tests: what a restart of the process does. */
export function forgetSessions(): void {
	sessions.clear();
	seenContexts = new WeakSet();
}

/** The deliveries of one trigger node and mailbox, shared by its polls and by the ends of the executions they started. */
export interface Ledger {
	readonly mailboxId: string;
	/** Server and mailbox. */
	readonly mailbox: string;
	/** Under which filter and credential its waiting messages were listed. */
	listedUnder?: string;
	deliveries: Deliveries;
	/** Acknowledgements under way: none is sent twice at once. */
	readonly acknowledging: Set<string>;
	/** Why nothing more should be handed over in this poll: MESH does not take acknowledgements, or n8n starts nothing. */
	trouble?: Trouble;
	/** Why MESH refused the last acknowledgement that it refused for good. */
	refusal?: unknown;
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

export function newLedger({ mailboxId, origin }: Mailbox, deliveries: Deliveries): Ledger {
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

/**
 * Writes the ledger into the node's static data. n8n saves that only when something is emitted, so call it directly
 * before `__emit`, without waiting in between: n8n then saves this very state together with the hand-over. At the end of a
 * poll it serves n8n's durable cursors, which are saved without an emission.
 */
export function writeCheckpoint(context: IPollFunctions, { mailboxId, mailbox, deliveries }: Ledger): void {
	context.getWorkflowStaticData('node').ledger = { ...toCheckpoint(deliveries), mailboxId, mailbox, process: processId };
}

/** Where messages come from: scheme, host and port, and the mailbox. */
export type Mailbox = Pick<MeshClient, 'mailboxId' | 'origin'>;

/**
 * The ledger of this mailbox: from memory; after a restart from static data; with what another main process has
 * written since. The ledger of another mailbox (the credential was exchanged) is kept for the executions that belong to it, and for the day
 * when the credential is changed back.
 * @param listedUnder filter and credential in use: what was listed under others is listed anew before anything is handed over
 */
export function openLedger(
	context: IPollFunctions,
	session: Session,
	client: Mailbox,
	listedUnder: string,
	now: number,
	rules: DeliveryRules,
): Ledger {
	const mailbox = `${client.origin} ${client.mailboxId}`;
	const stored = storedLedger(context, client);
	if (session.ledger?.mailbox !== mailbox) {
		if (session.ledger !== undefined) session.former.set(session.ledger.mailbox, session.ledger);
		session.ledger = session.former.get(mailbox) ?? newLedger(client, fromCheckpoint(stored, now, rules));
		session.former.delete(mailbox);
		session.listedAt = undefined;
	} else if (stored !== undefined && stored.process !== processId && session.adopted !== JSON.stringify(stored)) {
		session.ledger.deliveries = mergeCheckpoint(session.ledger.deliveries, stored, now, rules);
	}
	session.adopted = stored === undefined || stored.process === processId ? undefined : JSON.stringify(stored);
	const { ledger } = session;
	if (ledger.listedUnder !== listedUnder) {
		if (ledger.listedUnder !== undefined) ledger.deliveries = underOtherListing(ledger.deliveries);
		ledger.listedUnder = listedUnder;
		session.listedAt = undefined;
	}
	return ledger;
}

function storedLedger(context: IPollFunctions, { mailboxId, origin }: Mailbox): { process?: unknown } | undefined {
	const { ledger } = context.getWorkflowStaticData('node');
	if (typeof ledger !== 'object' || ledger === null || !('mailboxId' in ledger) || !('process' in ledger)) return undefined;
	// A checkpoint of version 0.1 does not name the server.
	const isOther = 'mailbox' in ledger && ledger.mailbox !== `${origin} ${mailboxId}`;
	return ledger.mailboxId === mailboxId && !isOther ? ledger : undefined;
}

/** `passing` failures mend themselves; `configuration` needs a person. */
export type FailureClass = 'passing' | 'configuration';

/** How long MESH has not been usable, as far as telling people is concerned. */
export interface Outage {
	/** Polls that failed one after the other. */
	failures: number;
	/** What was raised last in this outage, and when. */
	raised?: { class: FailureClass; at: number };
}

/** Passing failures in a row before anybody is told. */
const FAILURES_BEFORE_RAISING = 3;

/** While an outage lasts, it is raised again after this. */
export const RAISE_INTERVAL_MS = 60 * 60 * 1000;

export const noOutage: Outage = { failures: 0 };

/**
 * One more failed poll. Says whether to raise it to n8n's error workflow: a wrong configuration at once, a passing failure
 * when it has happened three times in a row, and either of them again after an hour, until a poll succeeds.
 */
export function noteFailure(outage: Outage, failure: FailureClass, now: number): { outage: Outage; raise: boolean } {
	const failures = outage.failures + 1;
	const { raised } = outage;
	const isNews =
		raised === undefined || (raised.class === 'passing' && failure === 'configuration') || now - raised.at >= RAISE_INTERVAL_MS;
	const raise = isNews && (failure === 'configuration' || failures >= FAILURES_BEFORE_RAISING);
	return { outage: raise ? { failures, raised: { class: failure, at: now } } : { ...outage, failures }, raise };
}

/** Which kind a failure is. Errors that are not the client's come from n8n reading parameters or the credential. */
export function failureClass(error: unknown): FailureClass {
	if (!isMeshError(error)) return 'configuration';
	if (error.temporary === true) return 'passing';
	const { code, httpStatus = 0 } = error;
	const isRefusal = code === 'MESH_STATUS' && httpStatus >= 300 && httpStatus < 500;
	return isRefusal || ['MESH_INVALID_CREDENTIAL', 'MESH_INVALID_INPUT', 'MESH_TLS'].includes(code) ? 'configuration' : 'passing';
}

/** One poll and everything it works with. */
export interface PollRun {
	context: IPollFunctions;
	node: INode;
	occasion: PollOccasion;
	session: Session;
	ledger: Ledger;
	settings: TriggerSettings;
	client: MeshClient;
	/** Aborts when a newer activation takes over. */
	signal: AbortSignal;
	/** When to stop handing over, in milliseconds since the epoch. */
	deadline: number;
	/** This poll has handed over what is to show whether executions succeed again. */
	probed: boolean;
	/** n8n runs this workflow in a way that does not tell how executions end. */
	endsAreUnknown: boolean;
}

/** Why n8n polls. */
export interface PollOccasion {
	/** n8n waits for this poll before the workflow counts as active: it must return soon. */
	isActivation: boolean;
	/** A person has activated or republished the workflow and sees what this poll throws. */
	isByPerson: boolean;
	/** How long this poll may go on handing over. */
	budgetMs: number;
}

/** Fits into n8n's shortest poll interval, where the host names no budget (before n8n 2). */
const DEFAULT_BUDGET_MS = 45_000;

/** n8n's budget without its durable scheduler. */
const UNSCHEDULED_BUDGET_MS = 5 * 60_000;

/**
 * n8n's first poll of an activation is part of activating. Under the durable scheduler every poll has a context of its own
 * that says `update`; only its smaller budget tells it from a republished workflow.
 */
export function pollOccasion(context: IPollFunctions): PollOccasion {
	const budget = hostBudget(context);
	const mode = context.getActivationMode();
	const isScheduled = mode === 'update' && budget !== undefined && budget < UNSCHEDULED_BUDGET_MS;
	const isActivation = isNewContext(context) && !isScheduled;
	return {
		isActivation,
		isByPerson: isActivation && mode !== 'init' && mode !== 'leadershipChange',
		budgetMs: budget ?? DEFAULT_BUDGET_MS,
	};
}

function hostBudget(context: { getPollBudgetMs?: () => number }): number | undefined {
	return context.getPollBudgetMs?.();
}

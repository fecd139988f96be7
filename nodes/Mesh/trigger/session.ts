import type { INode, IPollFunctions } from 'n8n-workflow';
import { isMeshError, runtime } from '../client';
import type { MeshClient } from '../client';
import { isIdle } from './ledger';
import type { Ledger, Ledgers } from './ledger';
import type { TriggerSettings } from './settings';

/** What one trigger node remembers between polls, in the process that polls. Static data holds the checkpoint of it. */
export interface Session extends Ledgers {
	/** When it polled last. */
	polledAt: number;
	outage: Outage;
	/** When the mailbox was validated, and with which credential. */
	validated?: { at: number; credential: string };
	/** MESH wants not to be asked again before. */
	notBefore?: number;
	/** When lists with something unusable in them were last reported. */
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

const sessions = new Map<string, Session>();
let seenContexts = new WeakSet<IPollFunctions>();

/** By node and not by activation: executions of an earlier activation may still be running. */
export function sessionOf(context: IPollFunctions): Session {
	const key = `${context.getWorkflow().id ?? ''}:${context.getNode().id}`;
	const now = runtime.steadyNow();
	const session = sessions.get(key) ?? newSession(now);
	session.polledAt = now;
	sessions.set(key, session);
	for (const [other, idle] of sessions) if (now - idle.polledAt > FORGOTTEN_MS && isForgettable(idle)) sessions.delete(other);
	return session;
}

export function newSession(now: number): Session {
	return { former: new Map(), polledAt: now, outage: noOutage, unheardEnds: 0 };
}

/** A trigger that has not polled for so long is no longer active, or polls so seldom that its checkpoint serves as well. */
const FORGOTTEN_MS = 25 * 60 * 60_000;

function isForgettable({ ledger, former, running }: Session): boolean {
	return running === undefined && [...former.values(), ...(ledger === undefined ? [] : [ledger])].every(isIdle);
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

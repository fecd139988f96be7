import type { IPollFunctions, IRun } from 'n8n-workflow';
import { CONNECTIONS, invalidInput, runtime } from '../client';
import { inOrder } from '../transport/concurrently';
import { reportParked } from './alarms';
import { REPORT_CODE } from './collect';
import { MAXIMUM_WAITING, handOver, hasBacklog, inFlightCount, leaveOut, noteEnd } from './deliveries';
import type { HandOver, Outcome } from './deliveries';
import { writeCheckpoint } from './ledger';
import type { Ledger } from './ledger';
import { acknowledgeOwed, listInbox } from './mailbox';
import { claim, isClaimedElsewhere, processId, shutdownSignal } from './process';
import type { PollRun, Session } from './session';
import type { AcknowledgePolicy } from './settings';

/**
 * Hands over as long as there is something to hand over, places become free and the poll's time lasts. Places that become
 * free later are used by the next poll.
 */
export async function handOverAll(run: PollRun): Promise<void> {
	const { ledger, deadline } = run;
	for (;;) {
		if (reportsGoApart(run)) await setReportsApart(run);
		fillPlaces(run);
		const now = runtime.steadyNow();
		if (mustStop(run)) return;
		if (!hasBacklog(ledger.deliveries, now)) {
			const moreWait = ledger.deliveries.moreInInbox && now < deadline;
			if (!moreWait) return;
			await listInbox(run);
			if (!hasBacklog(ledger.deliveries, now)) return;
			continue;
		}
		const nothingWillChange = inFlightCount(ledger.deliveries) === 0 && ledger.acknowledging.size === 0;
		if (nothingWillChange || now >= deadline) return;
		await changeOrDeadline(run, deadline - now);
	}
}

/** Starts as many executions as there are free places for. */
export function fillPlaces(run: PollRun): void {
	const { ledger, settings } = run;
	const rules = {
		...settings.rules,
		goesAlone: (id: string) => ledger.reports.has(id),
		isElsewhere: (id: string) => isClaimedElsewhere(run.context, ledger, id),
		// What may be a report that is to stay in the inbox waits until its headers are known.
		isHeld: (id: string) => settings.reports === 'leave' && !ledger.looked.has(id),
	};
	while (!mustStop(run) && !mustWait(run)) {
		const { deliveries, batch } = handOver(ledger.deliveries, runtime.steadyNow(), rules);
		if (batch.length === 0) return;
		ledger.deliveries = deliveries;
		run.probed = looksLikeAnOutage(ledger);
		startExecution(run, batch);
	}
}

/**
 * A report that is to fail its execution would take the messages beside it with it, and one that is to stay in the inbox must not start an
 * execution.
 */
export function reportsGoApart({ settings: { reports, rules } }: PollRun): boolean {
	return reports === 'leave' || (reports === 'fail' && rules.messagesPerExecution > 1);
}

/** The list of the inbox does not tell reports from messages, so the headers of those that come next are asked for. */
export async function setReportsApart({ client, ledger, settings, signal }: PollRun): Promise<void> {
	const { reports, rules } = settings;
	if (ledger.looked.size > MAXIMUM_WAITING) {
		ledger.looked.clear();
		ledger.reports.clear();
	}
	const leaveReports = () => {
		if (reports === 'leave') ledger.deliveries = leaveOut(ledger.deliveries, (id) => ledger.reports.has(id));
	};
	leaveReports();
	const next = ledger.deliveries.waiting.filter((id) => !ledger.looked.has(id)).slice(0, Math.max(rules.maximumInFlight, CONNECTIONS));
	await inOrder(next, CONNECTIONS, signal, async (id, _index, limited) => {
		try {
			const { messageType } = await client.getHeaders(id, { signal: limited });
			ledger.looked.add(id);
			if (messageType === 'REPORT') ledger.reports.add(id);
		} catch {
			// Asked for again; where reports fail their execution, that finds out what is wrong with it.
		}
	});
	leaveReports();
}

/** After so many failures in a row the fault is more likely behind the trigger than in each message. */
const FAILURES_THAT_LOOK_LIKE_AN_OUTAGE = 5;

function looksLikeAnOutage({ failuresInARow }: Ledger): boolean {
	return failuresInARow >= FAILURES_THAT_LOOK_LIKE_AN_OUTAGE;
}

/**
 * While a system that the workflow needs is down, one execution in each poll finds out whether it works again, and all other messages keep
 * their attempts. What is still in flight does not do instead: it may take hours.
 */
function mustWait({ ledger, probed }: PollRun): boolean {
	return probed && looksLikeAnOutage(ledger);
}

function mustStop({ ledger, signal }: PollRun): boolean {
	return signal.aborted || ledger.trouble !== undefined;
}

async function changeOrDeadline({ ledger, signal }: PollRun, milliseconds: number): Promise<void> {
	let wake = () => {};
	const over = new Promise<void>((resolve) => (wake = resolve));
	const stopTimer = runtime.after(milliseconds, wake);
	signal.addEventListener('abort', wake, { once: true });
	try {
		await Promise.race([ledger.changed(), over]);
	} finally {
		signal.removeEventListener('abort', wake);
		stopTimer();
	}
}

/**
 * An execution that n8n has not begun after so long has failed to start, as in an outage of its database: n8n 1.x does not
 * say so, and would keep its place until it counts as overdue. Where executions wait longer for their turn (n8n's concurrency
 * limit), a message may be handed over twice.
 */
const LONGEST_START_MS = 15 * 60_000;

/**
 * Starts one execution with what the ledger has just counted as handed over. The checkpoint and the hand-over happen in
 * one go: n8n saves the static data at `__emit`, so that an attempt is on record before it can do harm.
 */
function startExecution(run: PollRun, batch: HandOver[]): void {
	const { context, ledger, node, session, settings, endsAreUnknown } = run;
	const { done, begun } = deferredRun();
	const release = claim(
		context,
		ledger,
		batch.map(({ messageId }) => messageId),
		settings.rules.longestExecutionMs,
	);
	let isRefused = false;
	void done.promise
		.then((ended): Outcome => (isRefused ? { kind: 'notStarted' } : outcomeOf(ended, settings.policy, node.name)), outcomeOfRejection)
		.finally(release)
		.then((outcome) => (outcome.kind === 'told' && batch.length > 1 ? FAILED_TOGETHER : outcome))
		.then(async (outcome) => await settle(run, batch, shutdownSignal().aborted && outcome.kind === 'failed' ? { kind: 'cutOff' } : outcome))
		.catch(() =>
			context.logger.error(`[NHS MESH: ${node.name}] The end of an execution could not be recorded; its messages will be delivered again`),
		);
	const stopTimer = runtime.after(LONGEST_START_MS, () => {
		release();
		session.unheardEnds++;
		void settle(run, batch, { kind: 'notStarted' });
	});
	begun.addEventListener('abort', stopTimer, { once: true });
	writeCheckpoint(context, session, ledger);
	const items = batch.map(({ messageId, attempt }) => ({
		json: { messageId, deliveryAttempt: attempt, mailboxId: ledger.mailboxId, handedOverBy: processId },
	}));
	try {
		context.__emit([items], undefined, endsAreUnknown ? undefined : done);
		if (endsAreUnknown) done.resolve(WITHOUT_AN_END);
	} catch (error) {
		ledger.trouble ??= { kind: 'notStarted', error }; // nothing was started
		isRefused = true;
		done.resolve(undefined);
	}
}

/** The report is told again when it goes alone; nothing is known of the messages beside it. */
const FAILED_TOGETHER: Outcome = { kind: 'failed', reason: { kind: 'failed' } };

/** Handed over where n8n cannot say more: the workflow acknowledges what it has done, and the rest comes again. */
const WITHOUT_AN_END = { status: 'success' } as IRun;

/** Hand-overs after which a host that has never told an end is asked no more: it would start the same messages for ever. */
const UNHEARD_ENDS = 3;

/** @throws MeshError MESH_INVALID_INPUT where n8n has not even asked how to tell the end of several executions */
export function checkEndsAreHeard({ hearsEnds, unheardEnds }: Session): void {
	if (hearsEnds === true || unheardEnds < UNHEARD_ENDS) return;
	throw invalidInput(
		'acknowledge',
		'n8n has not said how any execution of this trigger ended, so nothing more is handed over',
		"Look into n8n's log: if executions cannot be stored, correct that. Then publish (n8n 1: activate) the workflow again.",
	);
}

/** Runs after the end of an execution, which may be long after the poll that started it. */
async function settle({ context, ledger, client, session, settings }: PollRun, batch: HandOver[], outcome: Outcome): Promise<void> {
	if (outcome.kind !== 'notStarted') session.hearsEnds = true;
	if (outcome.kind === 'delivered') ledger.failuresInARow = 0;
	else if (outcome.kind === 'failed') ledger.failuresInARow++;
	ledger.deliveries = noteEnd(ledger.deliveries, batch, outcome, runtime.steadyNow(), settings.rules);
	if (outcome.kind === 'notStarted') ledger.trouble ??= { kind: 'notStarted' };
	reportParked(context, ledger);
	ledger.touch();
	await acknowledgeOwed(context, ledger, client, {}, new Set(batch.map(({ messageId }) => messageId)));
}

type DeferredRun = NonNullable<Parameters<IPollFunctions['__emit']>[2]>;

/** What a hand-over gives to n8n, and what we learn from it. */
interface HandedOverRun {
	/** n8n settles it when the execution ends; made here because older hosts have no helper for it. */
	done: DeferredRun;
	/** Aborts when n8n has taken the execution on. */
	begun: AbortSignal;
}

/**
 * n8n 1.x asks for `resolve` when it has stored the execution, and says nothing when it could not. n8n 2.x asks at once, and
 * says so.
 */
function deferredRun(): HandedOverRun {
	const begun = new AbortController();
	const settle: Partial<Pick<DeferredRun, 'resolve' | 'reject'>> = {};
	const promise: DeferredRun['promise'] = new Promise((resolve, reject) => Object.assign(settle, { resolve, reject }));
	const { resolve, reject } = settle as DeferredRun;
	const done = {
		promise,
		reject,
		get resolve() {
			begun.abort();
			return resolve;
		},
	};
	return { done, begun: begun.signal };
}

/**
 * What the end of an execution means for its messages. n8n resolves the promise of a hand-over once: also when the
 * execution goes to sleep in a Wait node (`waiting`), by when n8n has stored it with all its data.
 * @param run undefined when the execution ended before anything ran in it, as where the credential of a later node was deleted
 * @param trigger name of the trigger node
 */
export function outcomeOf(run: IRun | undefined, policy: AcknowledgePolicy, trigger: string): Outcome {
	if (run === undefined) return { kind: 'failed', reason: { kind: 'failed' } };
	if (run === WITHOUT_AN_END) return { kind: 'delivered' };
	// In queue mode the run holds little more than these; `runData` is empty there.
	const node = run.data?.resultData?.lastNodeExecuted;
	switch (run.status) {
		case 'success':
		case 'waiting':
			return { kind: 'delivered' };
		case 'error': {
			if (isToldReport(run)) return { kind: 'told' };
			// Ended before or in the trigger node: the workflow has never had the message, so it has not finished with it.
			const collected = node !== undefined && node !== trigger;
			return policy === 'whenWorkflowFinishes' && collected ? { kind: 'delivered' } : { kind: 'failed', reason: { kind: 'failed', node } };
		}
		case 'canceled':
			return { kind: 'failed', reason: { kind: 'canceled', node } };
		default:
			return { kind: 'failed', reason: { kind: 'crashed', node } };
	}
}

/** By what the trigger put into the error that it failed with; n8n hands it on in queue mode, too. */
function isToldReport(run: IRun): boolean {
	const { context } = Object(run.data?.resultData?.error) as { context?: { data?: { errorCode?: unknown } } };
	return context?.data?.errorCode === REPORT_CODE;
}

/**
 * n8n rejects the promise with a cancellation when an execution is stopped, and as not found when it had ended before n8n looked for
 * it: so it is where a later node's credential was deleted, or its type is unknown. Every other rejection means that it could not
 * begin: the workflow is no longer active, or n8n has trouble of its own, for which the message is not to blame.
 */
export function outcomeOfRejection(error: unknown): Outcome {
	// By name: n8n and this package may each have their own copy of the class.
	const names = error instanceof Error ? [error.name, error.constructor.name] : [];
	if (names.some((name) => name.endsWith('ExecutionCancelledError'))) return { kind: 'failed', reason: { kind: 'canceled' } };
	return names.includes('ExecutionNotFoundError') ? { kind: 'failed', reason: { kind: 'failed' } } : { kind: 'notStarted' };
}

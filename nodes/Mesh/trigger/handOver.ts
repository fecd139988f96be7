import type { IPollFunctions, IRun } from 'n8n-workflow';
import { acknowledgeOwed } from './acknowledge';
import { reportParked } from './alarms';
import { handOver, hasBacklog, inFlightCount, noteEnd } from './deliveries';
import type { HandOver, Outcome } from './deliveries';
import { listInbox } from './inbox';
import { writeCheckpoint } from './session';
import type { PollRun } from './session';
import type { AcknowledgePolicy } from './settings';
import { clock } from './time';

/**
 * Hands over as long as there is something to hand over, places become free and the poll's time lasts. Places that become
 * free later are used by the next poll.
 */
export async function handOverAll(run: PollRun): Promise<void> {
	const { ledger, deadline } = run;
	for (;;) {
		fillPlaces(run);
		const now = clock.now();
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
	while (!mustStop(run)) {
		const { deliveries, batch } = handOver(ledger.deliveries, clock.now(), settings.rules);
		if (batch.length === 0) return;
		ledger.deliveries = deliveries;
		startExecution(run, batch);
	}
}

function mustStop({ ledger, signal }: PollRun): boolean {
	return signal.aborted || ledger.trouble !== undefined;
}

async function changeOrDeadline({ ledger, signal }: PollRun, milliseconds: number): Promise<void> {
	const over = new AbortController();
	const wake = () => over.abort();
	signal.addEventListener('abort', wake, { once: true });
	try {
		await Promise.race([ledger.changed(), clock.after(milliseconds, over.signal)]);
	} finally {
		signal.removeEventListener('abort', wake);
		over.abort();
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
	const { context, ledger, node, settings } = run;
	const { done, begun } = deferredRun();
	void done.promise
		.then((ended) => outcomeOf(ended, settings.policy, node.name), outcomeOfRejection)
		.then(async (outcome) => await settle(run, batch, outcome))
		.catch(() => context.logger.error(`[NHS MESH: ${node.name}] The end of an execution could not be recorded; its messages will be delivered again`));
	void clock.after(LONGEST_START_MS, begun).then(async () => {
		if (!begun.aborted) await settle(run, batch, { kind: 'notStarted' });
	});
	writeCheckpoint(context, ledger);
	try {
		context.__emit([batch.map(({ messageId, attempt }) => ({ json: { messageId, deliveryAttempt: attempt, mailboxId: ledger.mailboxId } }))], undefined, done);
	} catch {
		done.resolve(undefined); // nothing was started
	}
}

/** Runs after the end of an execution, which may be long after the poll that started it. */
async function settle({ context, ledger, client, settings }: PollRun, batch: HandOver[], outcome: Outcome): Promise<void> {
	ledger.deliveries = noteEnd(ledger.deliveries, batch, outcome, clock.now(), settings.rules);
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
 * @param run undefined when n8n did not start the execution
 * @param trigger name of the trigger node
 */
export function outcomeOf(run: IRun | undefined, policy: AcknowledgePolicy, trigger: string): Outcome {
	if (run === undefined) return { kind: 'notStarted' };
	// In queue mode the run holds little more than these; `runData` is empty there.
	const node = run.data?.resultData?.lastNodeExecuted;
	switch (run.status) {
		case 'success':
		case 'waiting':
			return { kind: 'delivered' };
		case 'error': {
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

/**
 * n8n rejects the promise with a cancellation when an execution is stopped. Every other rejection means that it could not
 * begin: the workflow is no longer active, or n8n has trouble of its own, for which the message is not to blame.
 */
export function outcomeOfRejection(error: unknown): Outcome {
	// By name: n8n and this package may each have their own copy of the class.
	const isCancellation = error instanceof Error && error.name.endsWith('ExecutionCancelledError');
	return isCancellation ? { kind: 'failed', reason: { kind: 'canceled' } } : { kind: 'notStarted' };
}

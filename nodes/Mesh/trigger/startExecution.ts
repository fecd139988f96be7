import { acknowledgeOwed } from './acknowledge';
import { writeCheckpoint } from './checkpoint';
import { clock } from './clock';
import { deferredRun } from './deferredRun';
import { noteEnd, type HandOver, type Outcome } from './deliveries';
import { outcomeOf, outcomeOfRejection } from './outcome';
import type { PollRun } from './pollRun';
import { reportParked } from './reportParked';

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
export function startExecution(run: PollRun, batch: HandOver[]): void {
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

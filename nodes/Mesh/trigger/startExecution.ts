import { acknowledgeOwed } from './acknowledge';
import { writeCheckpoint } from './checkpoint';
import { clock } from './clock';
import { deferredRun } from './deferredRun';
import { noteEnd, type HandOver, type Outcome } from './deliveries';
import { outcomeOf, outcomeOfRejection } from './outcome';
import type { PollRun } from './pollRun';
import { reportParked } from './reportParked';

/**
 * Starts one execution with what the ledger has just counted as handed over. The checkpoint and the hand-over happen in
 * one go: n8n saves the static data at `__emit`, so that an attempt is on record before it can do harm.
 */
export function startExecution(run: PollRun, batch: HandOver[]): void {
	const { context, ledger, node, settings } = run;
	const done = deferredRun();
	void done.promise
		.then((ended) => outcomeOf(ended, settings.policy, node.name), outcomeOfRejection)
		.then(async (outcome) => await settle(run, batch, outcome))
		.catch(() => context.logger.error(`[NHS MESH: ${node.name}] The end of an execution could not be recorded; its messages will be delivered again`));
	writeCheckpoint(context, ledger);
	try {
		context.__emit([batch.map(({ messageId, attempt }) => ({ json: { messageId, deliveryAttempt: attempt } }))], undefined, done);
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

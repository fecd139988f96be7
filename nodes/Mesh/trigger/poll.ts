import type { IPollFunctions } from 'n8n-workflow';
import { toNodeError } from '../transport/toNodeError';
import { beginPoll } from './beginPoll';
import { writeCheckpoint } from './checkpoint';
import { handOverAll } from './handOverAll';
import { failureClass } from './outage';
import { pollOccasion } from './pollOccasion';
import type { PollRun } from './pollRun';
import { noteRecovery, raiseFailure, raiseWhenFull } from './raiseFailure';
import { sessionOf, type Session } from './sessions';

/**
 * One poll: hands over message IDs, each in an execution of its own, and returns null. Content is never touched here.
 * Polls of one trigger never overlap: n8n's next one returns at once, and a new activation makes the running one stop.
 * The poll that is part of an activation returns when it has filled the places, and goes on without n8n waiting for it.
 * @throws NodeApiError | NodeOperationError only when a person activates the workflow and the mailbox cannot be used
 */
export async function poll(context: IPollFunctions): Promise<null> {
	const session = sessionOf(context);
	if (!(await isOurTurn(context, session))) return null;
	const stop = new AbortController();
	const begun = begin(context, session, stop.signal);
	const ended = begun.then(goOn).finally(() => { session.running = undefined; });
	ended.catch(() => {}); // what `begin` throws is thrown below
	session.running = { context, stop, ended };
	const run = await begun;
	if (run?.occasion.isActivation !== true) await ended;
	return null;
}

/** False while a poll runs that this one must not disturb. */
async function isOurTurn(context: IPollFunctions, session: Session): Promise<boolean> {
	const { running } = session;
	if (running === undefined) return true;
	if (running.context === context) return false;
	running.stop.abort();
	await running.ended.catch(() => {}); // its failure was told to whom it concerns
	return session.running === undefined;
}

/** Undefined when the poll has failed and that has been logged or raised. */
async function begin(context: IPollFunctions, session: Session, signal: AbortSignal): Promise<PollRun | undefined> {
	const occasion = pollOccasion(context);
	if (occasion.isByPerson) session.validated = undefined;
	const outcome = await beginPoll(context, session, occasion, signal).then((run) => ({ run }), (error: unknown) => ({ error }));
	if ('run' in outcome) return outcome.run;
	if (signal.aborted) return undefined;
	const isUnusable = session.validated === undefined || failureClass(outcome.error) === 'configuration';
	if (occasion.isByPerson && isUnusable) throw toNodeError(context.getNode(), outcome.error);
	raiseFailure(context, session, outcome.error);
	return undefined;
}

async function goOn(run: PollRun | undefined): Promise<void> {
	if (run === undefined) return;
	const { context, session, ledger, signal } = run;
	const failure = await handOverAll(run).then(() => undefined, (error: unknown) => ({ error }));
	writeCheckpoint(context, ledger);
	raiseWhenFull(context, session, ledger);
	if (signal.aborted) return;
	// A poll in which MESH took no acknowledgements has failed, too.
	const trouble = ledger.trouble?.kind === 'acknowledgement' ? ledger.trouble : failure;
	if (trouble === undefined) noteRecovery(context, session);
	else raiseFailure(context, session, trouble.error);
}

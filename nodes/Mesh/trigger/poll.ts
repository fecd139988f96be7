import { createHash } from 'node:crypto';
import type { IPollFunctions } from 'n8n-workflow';
import { isMeshError, runtime } from '../client';
import type { MeshApiCredentials } from '../transport/credential';
import { clientWith } from '../transport/meshClient';
import {
	noteRecovery,
	raiseFailure,
	raiseRefusal,
	raiseRefusedAcknowledgements,
	raiseUnheard,
	raiseWhenFull,
	reportParked,
} from './alarms';
import { noteTime, release } from './deliveries';
import { checkEndsAreHeard, fillPlaces, handOverAll, reportsGoApart, setReportsApart } from './handOver';
import { acknowledgeOwed, listInbox, mayList, validateMailbox } from './mailbox';
import { noteNeighbours } from './neighbours';
import { openLedger, writeCheckpoint } from './ledger';
import { shutdownSignal } from './process';
import { failureClass, pollOccasion, sessionOf } from './session';
import type { PollOccasion, PollRun, Session } from './session';
import { checkEngine, checkNodeSettings, readSettings } from './settings';

/**
 * One poll: hands over message IDs, each in an execution of its own, and returns null. Content is never touched here.
 * Polls of one trigger never overlap: n8n's next one returns at once, and a new activation makes the running one stop.
 * The poll that is part of an activation returns when it has filled the places, and goes on without n8n waiting for it.
 * @throws NodeApiError | NodeOperationError only when a person activates the workflow with a credential or settings that cannot work
 */
export async function poll(context: IPollFunctions): Promise<null> {
	const session = sessionOf(context);
	if (!(await isOurTurn(context, session))) return null;
	const stop = new AbortController();
	const begun = begin(context, session, AbortSignal.any([stop.signal, shutdownSignal()]));
	const ended = begun.then(goOn).finally(() => {
		session.running = undefined;
	});
	ended.catch(() => {}); // what `begin` throws is thrown below
	session.running = { context, stop, ended };
	const run = await begun;
	if (run?.occasion.isActivation !== true) await ended;
	return null;
}

/** False while a poll runs that this one must not disturb. */
async function isOurTurn(context: IPollFunctions, session: Session): Promise<boolean> {
	const { running } = session;
	if (shutdownSignal().aborted) return false;
	if (running === undefined) return true;
	if (running.context === context) return false;
	running.stop.abort();
	await running.ended.catch(() => {}); // its failure was told to whom it concerns
	return session.running === undefined;
}

/**
 * Undefined when the poll has failed and that has been logged or raised. What passes by itself does not keep a workflow from
 * becoming active, since n8n would not poll again: only what a person has to correct does.
 */
async function begin(context: IPollFunctions, session: Session, signal: AbortSignal): Promise<PollRun | undefined> {
	const occasion = pollOccasion(context);
	if (occasion.isByPerson) {
		session.validated = undefined;
		session.releaseDue = true;
	}
	try {
		return await beginPoll(context, session, occasion, signal);
	} catch (error) {
		if (signal.aborted) return undefined;
		if (occasion.isByPerson && failureClass(error) === 'configuration') throw raiseRefusal(context, session, error);
		noteRetryAfter(session, error);
		raiseFailure(context, session, error);
		return undefined;
	}
}

async function goOn(run: PollRun | undefined): Promise<void> {
	if (run === undefined) return;
	const { context, session, ledger, signal } = run;
	let failure: { error: unknown } | undefined;
	try {
		await handOverAll(run);
	} catch (error) {
		failure = { error };
	}
	writeCheckpoint(context, session, ledger);
	raiseWhenFull(context, session, ledger);
	if (failure !== undefined) noteRetryAfter(session, failure.error);
	if (signal.aborted) return;
	// A poll in which MESH took no acknowledgements has failed, too.
	const trouble = ledger.trouble !== undefined && 'error' in ledger.trouble ? ledger.trouble : failure;
	if (trouble === undefined) noteRecovery(context, session);
	else raiseFailure(context, session, trouble.error);
}

/**
 * The part of a poll that n8n must wait for: reads the settings, validates the mailbox, looks into the inbox, sends owed
 * acknowledgements, and fills the free places.
 * @throws MeshError, or n8n's errors about parameters and the credential
 */
async function beginPoll(context: IPollFunctions, session: Session, occasion: PollOccasion, signal: AbortSignal): Promise<PollRun> {
	const now = runtime.steadyNow();
	const node = context.getNode();
	checkNodeSettings(node);
	const settings = readSettings((name) => context.getNodeParameter(name, null), node.typeVersion);
	const endsAreUnknown = checkEngine(context, settings.policy);
	const credentials = await context.getCredentials<MeshApiCredentials>('meshApi');
	const client = clientWith(context, credentials);
	const print = credentialPrint(credentials);
	const ledger = openLedger(
		context,
		session,
		client,
		{ filter: JSON.stringify(settings.filter ?? null), credential: print },
		now,
		settings.rules,
	);
	const run: PollRun = {
		context,
		node,
		occasion,
		session,
		ledger,
		settings,
		client,
		signal,
		deadline: now + occasion.budgetMs,
		probed: false,
		endsAreUnknown,
	};

	await validateMailbox(run, print);
	noteNeighbours(context, session, client, settings);
	ledger.trouble = undefined;
	if (session.releaseDue === true) {
		session.releaseDue = false;
		ledger.deliveries = release(ledger.deliveries, now);
		ledger.failuresInARow = 0;
		session.unheardEnds = 0;
	}
	ledger.deliveries = noteTime(ledger.deliveries, now, settings.rules);
	if (mayList(run)) await listInbox(run);
	await acknowledgeOwed(context, ledger, client, { budgetMs: occasion.budgetMs, signal, togetherMs: ACKNOWLEDGING_MS });
	raiseRefusedAcknowledgements(context, ledger);
	raiseUnheard(context, ledger, settings.rules);
	reportParked(context, ledger);
	checkEndsAreHeard(session);
	if (reportsGoApart(run)) await setReportsApart(run);
	fillPlaces(run);
	const refused = troubleOf(run);
	if (refused !== undefined && failureClass(refused) === 'configuration') throw refused;
	// n8n saves it after the activation: a renamed node, or one whose mailbox was changed, may hand over nothing for long.
	if (occasion.isActivation) writeCheckpoint(context, session, ledger);
	return run;
}

/** The longest that a server's wish not to be asked counts. */
const LONGEST_RETRY_AFTER_MS = 60 * 60_000;

function noteRetryAfter(session: Session, error: unknown): void {
	const { retryAfterMs } = isMeshError(error) ? error : {};
	if (retryAfterMs !== undefined) session.notBefore = runtime.steadyNow() + Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS);
}

/** A poll, and above all an activation, waits so long for acknowledgements that are owed; the rest waits for the next poll. */
const ACKNOWLEDGING_MS = 15_000;

/** Why n8n did not take a hand-over. */
function troubleOf({ ledger: { trouble } }: PollRun): unknown {
	return trouble?.kind === 'notStarted' ? trouble.error : undefined;
}

/** Tells an edited credential from the one that was validated. Kept in memory only. */
function credentialPrint(credentials: MeshApiCredentials): string {
	return createHash('sha256')
		.update(JSON.stringify(Object.entries(credentials).sort()))
		.digest('hex');
}

import type { IPollFunctions } from 'n8n-workflow';
import type { MeshApiCredentials } from '../transport/meshApiCredentials';
import { getMeshClient } from '../transport/meshClient';
import { toNodeError } from '../transport/toNodeError';
import { acknowledgeOwed } from './acknowledge';
import { checkNodeSettings } from './checkNodeSettings';
import { openLedger, writeCheckpoint } from './checkpoint';
import { clock } from './clock';
import { credentialPrint } from './credentialPrint';
import { noteTime, release } from './deliveries';
import { handOverAll } from './handOverAll';
import { listInbox, mayList } from './listInbox';
import { failureClass } from './outage';
import { pollOccasion, type PollOccasion } from './pollOccasion';
import type { PollRun } from './pollRun';
import { noteRecovery, raiseFailure, raiseWhenFull } from './raiseFailure';
import { reportParked } from './reportParked';
import { sessionOf, type Session } from './sessions';
import { readSettings } from './settings';
import { validateMailbox } from './validateMailbox';

/**
 * One poll: hands over message IDs, each in an execution of its own, and returns null. Content is never touched here.
 * Polls of one trigger never overlap: n8n's next one returns at once, and a new activation makes the running one stop.
 * @throws NodeApiError | NodeOperationError only when a person activates the workflow and the mailbox cannot be used
 */
export async function poll(context: IPollFunctions): Promise<null> {
	const session = sessionOf(context);
	const { running } = session;
	if (running !== undefined) {
		if (running.context === context) return null;
		running.stop.abort();
		await running.ended.catch(() => {}); // its failure is its own
		if (session.running !== undefined) return null;
	}
	const stop = new AbortController();
	const ended = pollAlone(context, session, stop.signal).finally(() => { session.running = undefined; });
	session.running = { context, stop, ended };
	await ended;
	return null;
}

async function pollAlone(context: IPollFunctions, session: Session, signal: AbortSignal): Promise<void> {
	const occasion = pollOccasion(context);
	if (occasion.isByPerson) session.validated = undefined;
	const failure = await pollOnce(context, session, occasion, signal).then(() => undefined, (error: unknown) => ({ error }));
	if (failure === undefined || signal.aborted) return;
	const isUnusable = session.validated === undefined || failureClass(failure.error) === 'configuration';
	if (occasion.isByPerson && isUnusable) throw toNodeError(context.getNode(), failure.error);
	raiseFailure(context, session, failure.error);
}

async function pollOnce(context: IPollFunctions, session: Session, occasion: PollOccasion, signal: AbortSignal): Promise<void> {
	const now = clock.now();
	const node = context.getNode();
	checkNodeSettings(node);
	const settings = readSettings((name) => context.getNodeParameter(name, null));
	const credentials = await context.getCredentials<MeshApiCredentials>('meshApi');
	const client = await getMeshClient(context);
	const ledger = openLedger(context, session, client.mailboxId, now, settings.rules);
	const run: PollRun = { context, node, occasion, session, ledger, settings, client, signal, deadline: now + occasion.budgetMs };

	await validateMailbox(run, credentialPrint(credentials));
	ledger.trouble = undefined;
	if (occasion.isByPerson) ledger.deliveries = release(ledger.deliveries, now);
	ledger.deliveries = noteTime(ledger.deliveries, now, settings.rules);
	if (mayList(run, credentials.environment)) await listInbox(run);
	await acknowledgeOwed(context, ledger, client, { budgetMs: occasion.budgetMs, signal });
	reportParked(context, ledger);
	await handOverAll(run);
	writeCheckpoint(context, ledger);
	raiseWhenFull(context, session, ledger);
	noteEndOfPoll(run);
}

/** A poll in which MESH took no acknowledgements has failed, too. */
function noteEndOfPoll({ context, session, ledger: { trouble } }: PollRun): void {
	if (trouble?.kind === 'acknowledgement') raiseFailure(context, session, trouble.error);
	else noteRecovery(context, session);
}

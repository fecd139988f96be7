import type { IPollFunctions } from 'n8n-workflow';
import type { MeshApiCredentials } from '../transport/meshApiCredentials';
import { getMeshClient } from '../transport/meshClient';
import { acknowledgeOwed } from './acknowledge';
import { checkNodeSettings } from './checkNodeSettings';
import { openLedger } from './checkpoint';
import { clock } from './clock';
import { credentialPrint } from './credentialPrint';
import { noteTime, release } from './deliveries';
import { fillPlaces } from './handOverAll';
import { listInbox, mayList } from './listInbox';
import type { PollOccasion } from './pollOccasion';
import type { PollRun } from './pollRun';
import { reportParked } from './reportParked';
import type { Session } from './sessions';
import { readSettings } from './settings';
import { validateMailbox } from './validateMailbox';

/**
 * The part of a poll that n8n must wait for: reads the settings, validates the mailbox, looks into the inbox, sends owed
 * acknowledgements, and fills the free places.
 * @throws MeshError, or n8n's errors about parameters and the credential
 */
export async function beginPoll(context: IPollFunctions, session: Session, occasion: PollOccasion, signal: AbortSignal): Promise<PollRun> {
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
	if (mayList(run)) await listInbox(run);
	await acknowledgeOwed(context, ledger, client, { budgetMs: occasion.budgetMs, signal });
	reportParked(context, ledger);
	fillPlaces(run);
	return run;
}

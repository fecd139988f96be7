import { clock } from './clock';
import { failureClass } from './outage';
import type { PollRun } from './pollRun';
import { withinTime } from './withinTime';

/** MESH wants every mailbox validated at least once a day (MESH API, handshake). */
export const VALIDATION_INTERVAL_MS = 24 * 60 * 60 * 1000;

/**
 * Validates the mailbox at activation, with every changed credential, and once a day.
 * @param credential print of the credential in use
 * @throws MeshError when the mailbox cannot be used; a validation that only MESH's availability prevented is tried again
 * at the next poll, unless a person waits for the outcome: listing works without it
 */
export async function validateMailbox(run: PollRun, credential: string): Promise<void> {
	const { client, context, node, occasion, session } = run;
	const now = clock.now();
	const isKnown = session.validated?.credential === credential;
	const isDue = !isKnown || now - (session.validated?.at ?? 0) >= VALIDATION_INTERVAL_MS;
	if (!isDue) return;
	const failure = await withinTime({ budgetMs: occasion.budgetMs, signal: run.signal }, 'validate the mailbox', async (signal) => await client.handshake({ signal })).then(() => undefined, (error: unknown) => ({ error }));
	if (failure === undefined) {
		session.validated = { at: now, credential };
		return;
	}
	if (occasion.isByPerson || run.signal.aborted || failureClass(failure.error) === 'configuration') throw failure.error;
	context.logger.warn(`[NHS MESH: ${node.name}] The mailbox could not be validated now; the next poll tries again`);
}

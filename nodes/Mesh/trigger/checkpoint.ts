import type { IPollFunctions } from 'n8n-workflow';
import { fromCheckpoint, mergeCheckpoint, toCheckpoint, type DeliveryRules } from './deliveries';
import { newLedger, type Ledger } from './ledger';
import { processId, type Session } from './sessions';

/**
 * Writes the ledger into the node's static data. n8n saves that only when something is emitted, so call it directly
 * before `__emit`, without waiting in between: n8n then saves this very state together with the hand-over. At the end of a
 * poll it serves n8n's durable cursors, which are saved without an emission.
 */
export function writeCheckpoint(context: IPollFunctions, { mailboxId, deliveries }: Ledger): void {
	context.getWorkflowStaticData('node').ledger = { ...toCheckpoint(deliveries), mailboxId, process: processId };
}

/**
 * The ledger of this mailbox: from memory; after a restart from static data; with what another main process has
 * written since. The ledger of another mailbox (the credential was exchanged) is left to the executions that belong to it.
 */
export function openLedger(context: IPollFunctions, session: Session, mailboxId: string, now: number, rules: DeliveryRules): Ledger {
	const stored = storedLedger(context, mailboxId);
	if (session.ledger?.mailboxId !== mailboxId) {
		session.ledger = newLedger(mailboxId, fromCheckpoint(stored, now, rules));
		session.listedAt = undefined;
	} else if (stored !== undefined && stored.process !== processId && session.adopted !== JSON.stringify(stored)) {
		session.ledger.deliveries = mergeCheckpoint(session.ledger.deliveries, stored, now, rules);
	}
	session.adopted = stored === undefined || stored.process === processId ? undefined : JSON.stringify(stored);
	return session.ledger;
}

function storedLedger(context: IPollFunctions, mailboxId: string): { process?: unknown } | undefined {
	const { ledger } = context.getWorkflowStaticData('node');
	if (typeof ledger !== 'object' || ledger === null || !('mailboxId' in ledger) || !('process' in ledger)) return undefined;
	return ledger.mailboxId === mailboxId ? ledger : undefined;
}

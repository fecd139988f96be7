import { CATALOGUE, type Refusal } from '../errors/catalogue';
import type { Behaviour } from '../contract/behaviour';
import { routeByPractice } from './gpRouting';
import type { Mailboxes } from './mailboxes';
import type { Failure, MessageMetadata } from './storedMessage';

/** Where a message goes, or why it does not: refused at once, or accepted and reported later. */
export type Recipient =
	| { kind: 'found'; to: string }
	| { kind: 'refused'; to: string; refusal: Refusal; failure: Failure }
	| { kind: 'reported'; to: string; failure: Failure };

/** Finds the mailbox for a message and checks the workflow's permissions where those are on. */
export function findRecipient({ mailboxes, behaviour }: { mailboxes: Mailboxes; behaviour: Behaviour }, { from, to, workflowId }: MessageMetadata): Recipient {
	if (behaviour.patients.length > 0 && to.startsWith('GPPROVIDER_')) {
		const routed = routeByPractice(to, behaviour.patients, mailboxes);
		if ('failure' in routed) return { kind: 'reported', to: 'GPPROVIDER', failure: routed.failure };
		return findRecipient({ mailboxes, behaviour }, { from, to: routed.mailboxId, workflowId } as MessageMetadata);
	}
	const recipient = mailboxes.get(to);
	// A patient's particulars never become part of what is stored.
	if (!recipient) return refused(to.startsWith('GPPROVIDER_') ? 'GPPROVIDER' : to, 'unregisteredRecipient');
	if (behaviour.workflowPermissions === 'off') return { kind: 'found', to };
	const sends = mailboxes.get(from)?.sends;
	const refusal: Refusal | undefined = !recipient.workflows.includes(workflowId)
		? 'workflowNotRegistered'
		: sends && !sends.includes(workflowId)
			? 'senderNotAllowed'
			: undefined;
	if (!refusal) return { kind: 'found', to };
	return behaviour.workflowPermissions === 'refusal' ? refused(to, refusal) : { kind: 'reported', to, failure: failureOf(refusal) };
}

const refused = (to: string, refusal: Refusal): Recipient => ({ kind: 'refused', to, refusal, failure: failureOf(refusal) });

function failureOf(refusal: Refusal): Failure {
	const { event, code, text } = CATALOGUE[refusal];
	return { event, code, text };
}

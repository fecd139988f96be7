import type { Behaviour, Patient } from '../contract/behaviour';
import { CATALOGUE, REPORT_TEXTS } from '../errors/catalogue';
import type { Refusal } from '../errors/catalogue';
import type { Mailboxes } from './mailboxes';
import type { Failure, MessageMetadata } from './storedMessage';

/** Where a message goes, or why it does not: refused at once, or accepted and reported later. */
type Recipient =
	| { kind: 'found'; to: string }
	| { kind: 'refused'; to: string; refusal: Refusal; failure: Failure }
	| { kind: 'reported'; to: string; failure: Failure };

/** Finds the mailbox for a message and checks the workflow's permissions where those are on. */
export function findRecipient(
	{ mailboxes, behaviour }: { mailboxes: Mailboxes; behaviour: Behaviour },
	{ from, to, workflowId }: MessageMetadata,
): Recipient {
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

/**
 * Finds the practice mailbox for `GPPROVIDER_<NHS number>_<date of birth>_<surname>` (upper case).
 * The date may be `YYYYMMDD` or `DDMMYYYY`: both are published.
 */
function routeByPractice(recipient: string, patients: Patient[], mailboxes: Mailboxes): { mailboxId: string } | { failure: Failure } {
	const [, nhsNumber = '', dateOfBirth = '', ...surname] = recipient.split('_');
	if (!isNhsNumber(nhsNumber)) return failure('invalidNhsNumber');
	const patient = patients.find((each) => each.nhsNumber.replace(/\s/g, '') === nhsNumber);
	if (!patient) return failure('unknownNhsNumber');
	const [year, month, day] = [patient.dateOfBirth.slice(0, 4), patient.dateOfBirth.slice(4, 6), patient.dateOfBirth.slice(6)];
	const sameDate = dateOfBirth === patient.dateOfBirth || dateOfBirth === `${day}${month}${year}`;
	if (!sameDate || surname.join('_') !== patient.surname.toUpperCase()) return failure('demographicsMismatch');
	if (patient.mailboxes.length > 1) return failure('severalMailboxes');
	const mailboxId = patient.mailboxes[0]?.toUpperCase();
	return mailboxId !== undefined && mailboxes.get(mailboxId) ? { mailboxId } : failure('noMailbox');
}

/** Ten digits of which the last is the check digit, modulus 11. */
export function isNhsNumber(text: string): boolean {
	if (!/^\d{10}$/.test(text)) return false;
	const digits = [...text].map(Number);
	const sum = digits.slice(0, 9).reduce((total, digit, index) => total + digit * (10 - index), 0);
	return (11 - (sum % 11)) % 11 === digits[9];
}

function failure(reason: 'severalMailboxes' | 'noMailbox' | 'invalidNhsNumber' | 'unknownNhsNumber' | 'demographicsMismatch'): {
	failure: Failure;
} {
	const { event, code, text } = REPORT_TEXTS[reason];
	return { failure: { event, code, text: text() } };
}

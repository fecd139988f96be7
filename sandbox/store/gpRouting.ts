import type { Patient } from '../contract/behaviour';
import { REPORT_TEXTS } from '../errors/catalogue';
import type { Mailboxes } from './mailboxes';
import type { Failure } from './storedMessage';

/**
 * Finds the practice mailbox for `GPPROVIDER_<NHS number>_<date of birth>_<surname>` (upper case).
 * The date may be `YYYYMMDD` or `DDMMYYYY`: both are published.
 */
export function routeByPractice(recipient: string, patients: Patient[], mailboxes: Mailboxes): { mailboxId: string } | { failure: Failure } {
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

function failure(reason: 'severalMailboxes' | 'noMailbox' | 'invalidNhsNumber' | 'unknownNhsNumber' | 'demographicsMismatch'): { failure: Failure } {
	const { event, code, text } = REPORT_TEXTS[reason];
	return { failure: { event, code, text: text() } };
}

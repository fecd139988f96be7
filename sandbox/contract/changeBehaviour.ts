import type { Behaviour, Patient, RateLimit } from './behaviour';

type Check = (value: unknown) => boolean;

const oneOf = (...values: string[]): Check => (value) => values.includes(value as string);
const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isAmount: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;

const CHECKS: { [Name in keyof Required<Behaviour>]: Check } = {
	answers: oneOf('specification', 'nhsSandbox'),
	plainDownloads: oneOf('packed', 'asStored'),
	afterAcknowledgement: oneOf('gone', 'available'),
	controlHeaders: oneOf('ignored', 'checked', 'fromRequired'),
	encodedSlash: oneOf('character', 'separator'),
	emptyWorkflowId: oneOf('refused', 'accepted'),
	checksumCharacters: oneOf('any', 'limited'),
	additionalHeaders: oneOf('sent', 'leftOut'),
	unknownRecipient: oneOf('idAndReport', 'refusal'),
	chunkHoles: oneOf('finalise', 'refuse'),
	messageIds: oneOf('timestamp', 'hex'),
	reportTo: oneOf('reportMailbox', 'failedReceiver'),
	filteredPages: oneOf('filled', 'scanned'),
	lostCursor: oneOf('continue', 'restart'),
	authorizationScheme: oneOf('required', 'optional'),
	checkTimestamp: isFlag,
	rejectReplays: isFlag,
	workflowPermissions: oneOf('off', 'refusal', 'report'),
	patients: (value) => Array.isArray(value) && value.every(isPatient),
	deliveryDelayMs: isAmount,
	expireAfterMs: isAmount,
	deleteAfterMs: isAmount,
	minimumChunkBytes: isAmount,
	rateLimit: (value) => value === null || isRateLimit(value),
};

const PATIENTS = ': give a list of patients, each with the texts nhsNumber, dateOfBirth (YYYYMMDD) and surname, and mailboxes, a list of texts';

/** Applies changes that come from outside; on the first that does not fit, applies none and says which. */
export function changeBehaviour(behaviour: Partial<Behaviour>, changes: Record<string, unknown>): { name: string; text: string } | undefined {
	for (const [name, value] of Object.entries(changes)) {
		if (!Object.hasOwn(CHECKS, name)) return { name, text: `There is no such switch; there are ${Object.keys(CHECKS).join(', ')}` };
		if (!CHECKS[name as keyof Behaviour](value)) return { name, text: `The switch does not take this value${name === 'patients' ? PATIENTS : ''}` };
	}
	Object.assign(behaviour, changes);
	if (changes.rateLimit === null) behaviour.rateLimit = undefined;
	return undefined;
}

/** Applies changes that were kept; what does not fit, such as a switch of another version, is left out. */
export function restoreBehaviour(behaviour: Behaviour, kept: Record<string, unknown>): Behaviour {
	for (const [name, value] of Object.entries(kept)) changeBehaviour(behaviour, { [name]: value });
	return behaviour;
}

function isPatient(value: unknown): boolean {
	const { nhsNumber, dateOfBirth, surname, mailboxes } = (value ?? {}) as Partial<Patient>;
	const areTexts = [nhsNumber, dateOfBirth, surname].every(isText);
	return areTexts && /^\d{8}$/.test(dateOfBirth as string) && Array.isArray(mailboxes) && mailboxes.every(isText);
}

function isRateLimit(value: unknown): boolean {
	const { requests, perMs, retryAfterSeconds } = (value ?? {}) as Partial<RateLimit>;
	return [requests, perMs, retryAfterSeconds].every(isAmount);
}

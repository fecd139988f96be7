/** One patient known to the routing by GP practice (`mex-to: GPPROVIDER_...`). */
export interface Patient {
	nhsNumber: string;
	/** `YYYYMMDD`. */
	dateOfBirth: string;
	surname: string;
	/** Mailboxes of the registered practice: one is the normal case, none, or one that is not registered, gives EPL-151, several give EPL-150. */
	mailboxes: string[];
}

/** At most `requests` per `perMs` and mailbox; beyond it the answer is 429 with `Retry-After`. */
export interface RateLimit {
	requests: number;
	perMs: number;
	retryAfterSeconds: number;
}

/**
 * The points where MESH leaves a choice, or where the published specification and the NHS sandbox differ.
 * The defaults are what the specification says, but for `reportTo` and `additionalHeaders`, where staff of the NHS or clients
 * of the live service say otherwise; `NHS_SANDBOX_BEHAVIOUR` gives the other side.
 */
export interface Behaviour {
	/**
	 * Answer bodies and headers: `nhsSandbox` sends `null` for a v2 chunk, `application/json` for most v2 answers and errors,
	 * leaves unknown tracking fields out or empty, tells how a message failed only, says `status_success: true` for an undeliverable one,
	 * words validation errors as an older library does, adds a charset to text types, sends no `ETag`, ends `Last-Modified` in UTC, fails at tracking in v3, and leaves code and description out of a report that its
	 * admin call puts without the status `error`.
	 */
	answers: 'specification' | 'nhsSandbox';
	/**
	 * A plain body for a v2 client that takes gzip: packed by the server, as the NHS sandbox does, or sent as it is stored, as
	 * the specification leaves open.
	 */
	plainDownloads: 'packed' | 'asStored';
	/** Download of a message already acknowledged: `gone` is 410, `available` serves it again. */
	afterAcknowledgement: 'gone' | 'available';
	/**
	 * `mex-from`, `mex-messagetype` and `mex-version` of a send, which older texts asked for: not looked at, or refused with 07, 11
	 * and 09 where they name another mailbox than the token, another type than DATA, another version than 1.0. `fromRequired`: checked,
	 * and a send without `mex-from` is refused with 07, as NHS England's assurance would; otherwise the request log warns of it.
	 */
	controlHeaders: 'ignored' | 'checked' | 'fromRequired';
	/**
	 * `%2F` in a path: a character of the value, or a slash like any other, as at the NHS sandbox. There a local ID with a slash leads
	 * to no route: 404 with `{"detail":"Not Found"}`, which is not MESH's "none".
	 */
	encodedSlash: 'character' | 'separator';
	/** A `mex-workflowid` that is there but empty: 400 as for a missing one, or accepted. */
	emptyWorkflowId: 'refused' | 'accepted';
	/**
	 * `mex-content-checksum`: any text, with a warning in the request log where the NHS sandbox would refuse it, or refused with 400
	 * unless it has nothing but letters, digits, white space and `: - /`.
	 */
	checksumCharacters: 'any' | 'limited';
	/** `mex-total-chunks`, `mex-partnerid` and `mex-content-type` of a download, which the specification does not have. */
	additionalHeaders: 'sent' | 'leftOut';
	/** Unknown recipient: 417 with a message ID and a report in the sender's inbox, or a bare 417. */
	unknownRecipient: 'idAndReport' | 'refusal';
	/** The last chunk before the others: finalises the message with holes, or is refused with 417. */
	chunkHoles: 'finalise' | 'refuse';
	/** `hex`: 32 hexadecimal capitals as the NHS sandbox; `timestamp`: 20 digits, `_` and 6 hexadecimal capitals as the service. */
	messageIds: 'timestamp' | 'hex';
	/** `mex-to` of a report: the mailbox it is in, or the receiver that the failed message was meant for. */
	reportTo: 'reportMailbox' | 'failedReceiver';
	/** A page under a workflow filter: filled with matches, or cut from the whole inbox first (so that it can be empty with a `next`). */
	filteredPages: 'filled' | 'scanned';
	/** A paging cursor whose message has been acknowledged meanwhile: go on behind it, or start again from the first page. */
	lostCursor: 'continue' | 'restart';
	/** Whether the Authorization header must start with the word `NHSMESH`, in capitals. */
	authorizationScheme: 'required' | 'optional';
	/** Whether the token's time must lie within two hours of the sandbox's clock. */
	checkTimestamp: boolean;
	/** Whether a token is good for one request only. */
	rejectReplays: boolean;
	/** Workflow permissions (codes 16 and 17): not checked, refused with 417, or reported after a 202. */
	workflowPermissions: 'off' | 'refusal' | 'report';
	/** Patients for routing by GP practice; while empty, a GPPROVIDER recipient is unknown like any other. */
	patients: Patient[];
	/** From acceptance until a message shows in the recipient's inbox. */
	deliveryDelayMs: number;
	/** From delivery until a message that was not acknowledged is undeliverable and its sender gets a report. */
	expireAfterMs: number;
	/** From delivery until a message is forgotten altogether. */
	deleteAfterMs: number;
	/** A chunk other than the last below this size is accepted with a warning in the request log. */
	minimumChunkBytes: number;
	rateLimit?: RateLimit;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** What the published specification says, or the live service is known to do. */
export const DEFAULT_BEHAVIOUR: Readonly<Behaviour> = {
	answers: 'specification',
	plainDownloads: 'packed',
	afterAcknowledgement: 'gone',
	controlHeaders: 'ignored',
	encodedSlash: 'character',
	emptyWorkflowId: 'refused',
	checksumCharacters: 'any',
	additionalHeaders: 'sent',
	unknownRecipient: 'idAndReport',
	chunkHoles: 'finalise',
	messageIds: 'timestamp',
	reportTo: 'reportMailbox',
	filteredPages: 'filled',
	lostCursor: 'continue',
	authorizationScheme: 'required',
	checkTimestamp: true,
	rejectReplays: true,
	workflowPermissions: 'off',
	patients: [],
	deliveryDelayMs: 0,
	expireAfterMs: 5 * DAY_MS,
	deleteAfterMs: 30 * DAY_MS,
	minimumChunkBytes: 5_000_000,
};

/** What the NHS sandbox does instead, for swapping one for the other. */
export const NHS_SANDBOX_BEHAVIOUR: Readonly<Partial<Behaviour>> = {
	answers: 'nhsSandbox',
	afterAcknowledgement: 'available',
	encodedSlash: 'separator',
	emptyWorkflowId: 'accepted',
	checksumCharacters: 'limited',
	additionalHeaders: 'sent',
	unknownRecipient: 'refusal',
	chunkHoles: 'finalise',
	messageIds: 'hex',
	lostCursor: 'restart',
	authorizationScheme: 'optional',
	checkTimestamp: false,
	rejectReplays: false,
};

type Check = (value: unknown) => boolean;

const oneOf =
	(...values: string[]): Check =>
	(value) =>
		values.includes(value as string);
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

const PATIENTS =
	': give a list of patients, each with the texts nhsNumber, dateOfBirth (YYYYMMDD) and surname, and mailboxes, a list of texts';

/** Applies changes that come from outside; on the first that does not fit, applies none and says which. */
export function changeBehaviour(
	behaviour: Partial<Behaviour>,
	changes: Record<string, unknown>,
): { name: string; text: string } | undefined {
	for (const [name, value] of Object.entries(changes)) {
		if (!Object.hasOwn(CHECKS, name)) return { name, text: `There is no such switch; there are ${Object.keys(CHECKS).join(', ')}` };
		if (!CHECKS[name as keyof Behaviour](value))
			return { name, text: `The switch does not take this value${name === 'patients' ? PATIENTS : ''}` };
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

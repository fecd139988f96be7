import { endpoints } from './endpoints';
import { invalidInput } from './errors';
import { exchange } from './exchange';
import type { CallOptions, MeshConnection, MeshResponse } from './exchange';
import { headerOf, isJsonObject, readJsonObject, unreadable } from './http/response';
import { parseMeshTime } from './meshTime';
import { checkMessageId } from './messageIds';
import type { Redact } from './redaction';
import { checkHeaderValue, headerRule } from './send/headers';

/** Tracking by local ID (deprecated in MESH, kept because it settles sends of unknown outcome). */
export type LocalIdTracking =
	| { outcome: 'found'; record: TrackingRecord }
	| { outcome: 'none' }
	| { outcome: 'several' };

/** The same shape whichever API version answered. */
export interface TrackingRecord {
	messageId: string;
	status: TrackingStatus;
	localId?: string;
	workflowId?: string;
	fileName?: string;
	recipient?: string;
	recipientName?: string;
	recipientOdsCode?: string;
	recipientOrganisationCode?: string;
	recipientOrganisationName?: string;
	uploadTimestamp?: Date;
	expiryTime?: Date;
	/** Of the acknowledgement; only the local-ID form of tracking has it. */
	downloadTimestamp?: Date;
	statusSuccess?: boolean;
	statusCode?: string;
	statusEvent?: string;
	statusDescription?: string;
	statusTimestamp?: Date;
}

/**
 * What the local-ID form of tracking says of the message itself, to tell it from others. A text is empty where MESH says that
 * the message has none, and absent where it says nothing. Never put out: a subject can be patient data.
 */
export interface MessageFacts {
	recipient?: string;
	workflowId?: string;
	subject?: string;
	fileName?: string;
	checksum?: string;
	/** As stored, so compressed where the content travelled compressed; absent while it is uploaded. */
	storedBytes?: number;
}

// ---- tracking and directory ----------------------------------------------------------------------------------------

/** Lower-case status of a sent message (MESH API, tracking). */
export type TrackingStatus = 'uploading' | 'accepted' | 'acknowledged' | 'undeliverable' | 'error' | (string & {});

/** Any longer text from the server is cut. */
const MAX_TEXT = 2_000;
/** Read and redacted before the cut: half a secret would not be recognised. */
const MAX_READ = 64 * 1024;

/**
 * A tracking answer of either API version in one shape (MESH API, tracking). The local-ID form always comes as v1. `redact`
 * cleans what MESH says about a failure, which becomes part of errors, and the names of a recipient, which may be a patient.
 */
export function parseTrackingRecord(answer: Record<string, unknown>, call: string, redact: Redact = (text) => text): TrackingRecord {
	const said = (...names: string[]) => {
		const found = firstText(answer, names, MAX_READ);
		return found && redact(found).slice(0, MAX_TEXT);
	};
	const text = (...names: string[]) => firstText(answer, names);
	const time = (...names: string[]) => parseMeshTime(text(...names));
	const messageId = text('message_id', 'messageId', 'messageID', 'dtsId');
	const status = text('status')?.toLowerCase();
	if (messageId === undefined || status === undefined) throw unreadable(call, 200, 'it names no message ID or no status');
	const record: TrackingRecord = {
		messageId,
		status,
		localId: text('local_id', 'localId'),
		workflowId: text('workflow_id', 'workflowId'),
		fileName: text('filename', 'fileName'),
		recipient: text('recipient'),
		recipientName: said('recipient_name', 'recipientName'),
		recipientOdsCode: text('recipient_ods_code', 'meshRecipientOdsCode'),
		recipientOrganisationCode: text('recipient_org_code', 'recipientOrgCode'),
		recipientOrganisationName: said('recipient_org_name', 'recipientOrgName'),
		uploadTimestamp: time('upload_timestamp', 'uploadTimestamp'),
		expiryTime: time('expiry_time', 'expiryTime'),
		downloadTimestamp: time('download_timestamp', 'downloadTimestamp'),
		statusSuccess: success(answer.status_success ?? answer.statusSuccess),
		statusCode: said('status_code', 'statusCode'),
		statusEvent: said('status_event', 'statusEvent'),
		statusDescription: said('status_description', 'statusDescription', 'failureDiagnostic'),
		statusTimestamp: time('status_timestamp', 'statusTimestamp', 'failureDate'),
	};
	return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as unknown as TrackingRecord;
}

/** The first of the names that holds a text which is not empty. */
function firstText(answer: Record<string, unknown>, names: string[], maxLength = MAX_TEXT): string | undefined {
	for (const name of names) {
		const value = Object.hasOwn(answer, name) ? answer[name] : undefined;
		if (typeof value === 'string' && value !== '') return value.slice(0, maxLength);
		if (typeof value === 'number') return String(value);
	}
	return undefined;
}

function success(value: unknown): boolean | undefined {
	if (typeof value === 'boolean') return value;
	return typeof value === 'string' && value !== '' ? /^success$/i.test(value) : undefined;
}

/** What became of a sent message (MESH API, tracking); 404 unless this mailbox sent it. */
export async function track(
	connection: MeshConnection,
	messageId: string,
	options: CallOptions = {},
): Promise<TrackingRecord> {
	const call = 'track the message';
	const id = checkMessageId(messageId);
	return await exchange(
		connection,
		{
			call,
			method: 'GET',
			path: endpoints.tracking(connection.settings.mailboxId, id),
			repeat: 'read',
			signal: options.signal,
			messageId: id,
		},
		async (response) => parseTrackingRecord(await readJsonObject(response, call), call, connection.settings.redact),
	);
}

const CALL = 'track by local ID';
const LOCAL_ID = headerRule('localId');
/** Far above any real one. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** What became of the message with this local ID (MESH API, tracking by local ID): one, none (404) or several (300). */
export async function trackByLocalId(
	connection: MeshConnection,
	localId: string,
	options: CallOptions = {},
): Promise<LocalIdTracking> {
	return (await trackLocalId(connection, localId, options)).tracking;
}

/**
 * The same with what it takes to judge whose record it is: what it says of the message, and the difference of the server's
 * clock to ours (server minus ours, 0 when unknown).
 */
export async function trackLocalId(
	connection: MeshConnection,
	localId: string,
	options: CallOptions = {},
): Promise<{ tracking: LocalIdTracking; facts: MessageFacts; clockDifferenceMs: number }> {
	const id = checkLocalId(localId);
	return await exchange(
		connection,
		{
			call: CALL,
			method: 'GET',
			path: endpoints.localIdTracking(connection.settings.mailboxId, id),
			repeat: 'read',
			signal: options.signal,
			localId: id,
			accept: [300, 404],
		},
		async (response) => {
			const date = Date.parse(headerOf(response.headers, 'date') ?? '');
			const clockDifferenceMs = Number.isNaN(date) ? 0 : date - connection.runtime.now();
			return { ...(await readOutcome(response, connection.settings.redact)), clockDifferenceMs };
		},
	);
}

/** By the rules under which it can have been sent. */
function checkLocalId(localId: string): string {
	const id = checkHeaderValue(LOCAL_ID, localId);
	if (id === '') throw invalidInput('localId', 'The local ID is empty', 'Give the local ID of a sent message.');
	return id;
}

async function readOutcome(response: MeshResponse, redact: Redact): Promise<{ tracking: LocalIdTracking; facts: MessageFacts }> {
	if (response.status < 300) {
		const answer = await readJsonObject(response, CALL);
		return { tracking: { outcome: 'found', record: parseTrackingRecord(answer, CALL, redact) }, facts: messageFacts(answer) };
	}
	// Such a status also comes from what is not MESH, and "none" may be taken as leave to send again: its body must be MESH's.
	const { bytes } = await response.body.read(MAX_REFUSAL_BYTES);
	if (bytes.length > 0 && !isJsonObject(bytes.toString('utf8'))) throw unreadable(CALL, response.status, 'it is not the JSON that MESH sends');
	return { tracking: { outcome: response.status === 300 ? 'several' : 'none' }, facts: {} };
}

function messageFacts(answer: Record<string, unknown>): MessageFacts {
	const text = (...names: string[]) => names.map((name) => answer[name]).find((value) => typeof value === 'string');
	const size = Number(answer.fileSize ?? 0);
	return {
		recipient: text('recipient'),
		workflowId: text('workflowId', 'workflow_id'),
		subject: text('subject'),
		fileName: text('fileName', 'filename'),
		checksum: text('checksum'),
		storedBytes: Number.isSafeInteger(size) && size > 0 ? size : undefined,
	};
}

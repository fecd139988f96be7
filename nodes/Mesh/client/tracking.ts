import { contradiction, isObject, notFromMesh, parseJson } from './answers';
import type { MeshAnswer } from './answers';
import { endpoints } from './endpoints';
import { invalidInput } from './errors';
import { exchange } from './exchange';
import type { CallOptions, MeshConnection } from './exchange';
import { checkMessageId, isSameMessage, parseMeshTime } from './values';
import { shownLine } from './redaction';
import type { Redact } from './redaction';
import { checkHeaderValue, headerRule } from './send/headers';
import { isMeshRefusal } from './statusErrors';

/** Tracking by local ID (deprecated in MESH, kept because it settles sends of unknown outcome). */
export type LocalIdTracking = { outcome: 'found'; record: TrackingRecord } | { outcome: 'none' } | { outcome: 'several' };

/** The same shape whichever API version answered. */
export interface TrackingRecord {
	messageId: string;
	/** Absent where MESH does not say, as the specification allows. */
	status?: TrackingStatus;
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
/**
 * A tracking answer of either API version in one shape (MESH API, tracking). The local-ID form always comes as v1. `redact`
 * cleans what MESH says about a failure, which becomes part of errors, and the names of a recipient, which may be a patient.
 */
export function parseTrackingRecord(answer: Record<string, unknown>, redact: Redact = (text) => text): TrackingRecord {
	const said = (...names: string[]) => {
		const found = firstText(answer, names);
		return (found && shownLine(found, redact, MAX_TEXT)) || undefined;
	};
	const text = (...names: string[]) => firstText(answer, names)?.slice(0, MAX_TEXT);
	const time = (...names: string[]) => parseMeshTime(text(...names));
	const messageId = text('message_id', 'messageId', 'messageID', 'dtsId');
	if (messageId === undefined) throw notFromMesh('it names no message ID');
	const record: TrackingRecord = {
		messageId,
		status: text('status')?.toLowerCase(),
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
function firstText(answer: Record<string, unknown>, names: string[]): string | undefined {
	for (const name of names) {
		const value = Object.hasOwn(answer, name) ? answer[name] : undefined;
		if (typeof value === 'string' && value !== '') return value;
		if (typeof value === 'number') return String(value);
	}
	return undefined;
}

function success(value: unknown): boolean | undefined {
	if (typeof value === 'boolean') return value;
	return typeof value === 'string' && value !== '' ? /^success$/i.test(value) : undefined;
}

/** What became of a sent message (MESH API, tracking); 404 unless this mailbox sent it. */
export async function track(connection: MeshConnection, messageId: string, options: CallOptions = {}): Promise<TrackingRecord> {
	const id = checkMessageId(messageId);
	return await exchange(connection, {
		call: 'track the message',
		method: 'GET',
		path: endpoints.tracking(connection.settings.mailboxId, id),
		repeat: 'read',
		signal: options.signal,
		messageId: id,
		success: { form: 'object', read: (answer) => recordOf(answer, id, connection.settings.redact) },
	});
}

/** A record of another message would be told as the fate of this one. */
function recordOf(answer: Record<string, unknown>, messageId: string, redact: Redact): TrackingRecord {
	const record = parseTrackingRecord(answer, redact);
	if (!isSameMessage(record.messageId, messageId)) throw contradiction('the answer is about another message');
	return record;
}

const LOCAL_ID = headerRule('localId');

/** What became of the message with this local ID (MESH API, tracking by local ID): one, none (404) or several (300). */
export async function trackByLocalId(connection: MeshConnection, localId: string, options: CallOptions = {}): Promise<LocalIdTracking> {
	return (await trackLocalId(connection, localId, options)).tracking;
}

interface LocalIdAnswer {
	tracking: LocalIdTracking;
	/** What the record says of the message itself; nothing where there is none. */
	facts: MessageFacts;
	/** Server minus ours, 0 when unknown. */
	clockDifferenceMs: number;
}

/** The same with what it takes to judge whose record it is. */
export async function trackLocalId(connection: MeshConnection, localId: string, options: CallOptions = {}): Promise<LocalIdAnswer> {
	const id = checkLocalId(localId);
	const { redact, mailboxId } = connection.settings;
	const without = (outcome: 'none' | 'several', { clockDifferenceMs = 0 }: MeshAnswer): LocalIdAnswer => ({
		tracking: { outcome },
		facts: {},
		clockDifferenceMs,
	});
	return await exchange<LocalIdAnswer>(connection, {
		call: 'track by local ID',
		method: 'GET',
		path: endpoints.localIdTracking(mailboxId, id),
		repeat: 'read',
		signal: options.signal,
		localId: id,
		success: {
			form: 'object',
			read(answer, { clockDifferenceMs = 0 }) {
				const record = parseTrackingRecord(answer, redact);
				if (record.localId !== undefined && record.localId !== id) throw contradiction('the answer is about another message');
				return { tracking: { outcome: 'found', record }, facts: messageFacts(answer), clockDifferenceMs };
			},
		},
		alsoAnswers: {
			300: (body, answer) => (isMeshRefusal(body) ? without('several', answer) : undefined),
			404: (body, answer) => (saysNone(body) ? without('none', answer) : undefined),
		},
	});
}

/** By the rules under which it can have been sent. */
function checkLocalId(localId: string): string {
	const id = checkHeaderValue(LOCAL_ID, localId);
	if (id === '') throw invalidInput('localId', 'The local ID is empty', 'Give the local ID of a sent message.');
	return id;
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

/**
 * Whether MESH itself says that there is none (MESH API, tracking by local ID). This may be taken as leave to send again, and a 404
 * also comes from gateways and from routes that do not exist, which know nothing of messages: theirs has another form.
 */
function saysNone(body: string): boolean {
	const answer = parseJson(body);
	if (!isObject(answer)) return false;
	const [entry, ...others] = Array.isArray(answer.detail) ? (answer.detail as unknown[]) : [];
	if (others.length > 0) return false;
	const said = isObject(entry)
		? { event: entry.event, code: entry.code, text: entry.msg }
		: { event: answer.errorEvent, code: answer.errorCode, text: answer.errorDescription };
	return !said.event && !said.code && said.text === 'Not Found';
}

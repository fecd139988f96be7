import type { Redact } from '../failures/redacted';
import { unreadable } from '../http/readJson';
import type { TrackingRecord } from '../types';
import { parseMeshTime } from './meshTime';

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

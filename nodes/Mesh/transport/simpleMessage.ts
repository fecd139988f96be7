import type { IDataObject } from 'n8n-workflow';
import { onlyFields } from './simplify';

/** What the next nodes ask about a message in the inbox: Reply, a file name, where to file it, whether it is complete. */
const FIELDS = [
	'messageId', 'isReport', 'from', 'to', 'workflowId', 'subject', 'localId', 'fileName', 'contentType', 'bytes', 'checksumStatus', 'content',
	'deliveryAttempt', 'receivedAt', 'acknowledged', 'acknowledgeError',
];

/** On a message that was delivered they say the same each time. */
const OF_A_FAILURE = ['linkedMessageId', 'statusCode', 'statusDescription'];

/** The simplified form of a received message or report, whichever node puts it out. */
export function simpleMessage(json: IDataObject): IDataObject {
	const failed = json.isReport === true || json.statusSuccess === false;
	return onlyFields(json, failed ? [...FIELDS, ...OF_A_FAILURE] : FIELDS);
}

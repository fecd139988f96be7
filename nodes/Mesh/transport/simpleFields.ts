import type { IDataObject } from 'n8n-workflow';

/** What the next nodes ask about any message: Reply, and where to file it. */
const OF_ALL = ['messageId', 'isReport', 'from', 'workflowId', 'subject', 'localId'];

/** From the trigger: whether it came before. From Download: whether it has left the inbox. */
const OF_A_DELIVERY = ['deliveryAttempt', 'acknowledged', 'acknowledgeError'];

/** On a message that was delivered they say the same each time. */
const OF_A_FAILURE = ['linkedMessageId', 'statusCode', 'statusDescription'];

/** Results of comparing a checksum of which somebody should hear. */
const DOUBTFUL: readonly unknown[] = ['mismatch', 'notRecognised'];

/** The simplified form of a received message or report: at most ten fields, those about something wrong not counted. */
export function simpleFields(json: IDataObject): readonly string[] {
	return [...OF_ALL, ...contentFields(json), ...OF_A_DELIVERY, ...failureOf(json)];
}

function contentFields({ isReport, content, checksumStatus }: IDataObject): readonly string[] {
	if (isReport === true) return []; // MESH gives it the name of a file, but there is none
	const inFile = content === undefined;
	return ['fileName', 'bytes', ...(inFile || DOUBTFUL.includes(checksumStatus) ? ['checksumStatus'] : []), 'content'];
}

/** The same where only the headers were asked for, perhaps of a message that this mailbox has sent. */
export function simpleHeaderFields(json: IDataObject): readonly string[] {
	const file = json.isReport === true ? [] : ['fileName', 'contentType'];
	return [...OF_ALL, 'to', ...file, ...failureOf(json)];
}

function failureOf({ isReport, statusSuccess }: IDataObject): readonly string[] {
	return isReport === true || statusSuccess === false ? OF_A_FAILURE : [];
}

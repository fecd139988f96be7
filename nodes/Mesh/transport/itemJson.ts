import type { IDataObject, IDisplayOptions, INode, INodeProperties } from 'n8n-workflow';
import type { MessageHeaders } from '../client';
import { safeFileName } from './safeNames';

/** An item's JSON from a record of the client: dates as ISO 8601 text, absent values and impossible times left out, order kept. */
export function flat(record: Record<string, string | number | boolean | Date | undefined>): IDataObject {
	const json: IDataObject = {};
	for (const [key, value] of Object.entries(record)) {
		if (value instanceof Date) {
			if (!Number.isNaN(value.getTime())) json[key] = value.toISOString();
		} else if (value !== undefined) {
			json[key] = value;
		}
	}
	return json;
}

/**
 * From this version of the nodes on, a fact has one name in every output, and simplified outputs have its times in place of what
 * says nothing new. Workflows that were made with version 1 keep what they read.
 */
const ONE_NAME_VERSION = 1.1;
export const hasOneName = ({ typeVersion }: Pick<INode, 'typeVersion'>): boolean => typeVersion >= ONE_NAME_VERSION;

/**
 * The headers of a message as an item's JSON: flat, ISO 8601 times, no empty fields. `fileName` is safe to use in a path;
 * where that changed it, `fileNameAsReceived` has the sender's own spelling.
 */
export function describeHeaders(headers: MessageHeaders, node: Pick<INode, 'typeVersion'>): IDataObject {
	const fileName = headers.fileName === undefined ? undefined : safeFileName(headers.fileName, `${headers.messageId}.dat`);
	return flat({
		messageId: headers.messageId,
		messageType: headers.messageType,
		isReport: headers.messageType === 'REPORT',
		from: headers.from,
		to: visibleRecipient(headers.to),
		workflowId: headers.workflowId,
		subject: headers.subject,
		localId: headers.localId,
		partnerId: headers.partnerId,
		sentAt: hasOneName(node) ? headers.statusTimestamp : undefined,
		fileName,
		fileNameAsReceived: fileName === headers.fileName ? undefined : headers.fileName,
		contentType: headers.contentType,
		checksum: headers.checksum,
		contentEncrypted: headers.contentEncrypted,
		contentCompressed: headers.contentCompressed,
		chunkCount: headers.chunkCount,
		linkedMessageId: headers.linkedMessageId,
		statusCode: headers.statusCode,
		statusEvent: headers.statusEvent,
		statusDescription: headers.statusDescription,
		statusSuccess: headers.statusSuccess,
		statusTimestamp: hasOneName(node) ? undefined : headers.statusTimestamp,
	});
}

/** What the next nodes ask about any message: Reply, and where to file it. */
const OF_ALL = ['messageId', 'isReport', 'from', 'workflowId', 'subject', 'localId', 'partnerId'];

/** From the trigger: whether it came before. From Download: whether it has left the inbox. */
const OF_A_DELIVERY = ['deliveryAttempt', 'acknowledged', 'acknowledgeError'];

/** On a message that was delivered they say the same each time. */
const OF_A_FAILURE = ['linkedMessageId', 'statusCode', 'statusDescription'];

/** Results of comparing a checksum of which somebody should hear. */
const DOUBTFUL: readonly unknown[] = ['mismatch', 'notRecognised'];

/** The simplified form of a received message or report: at most ten fields, those about something wrong not counted. */
export function simpleFields(json: IDataObject, node: Pick<INode, 'type' | 'typeVersion'>): readonly string[] {
	if (!hasOneName(node)) return [...OF_ALL, ...namesOfContentInVersion1(json), ...OF_A_DELIVERY, ...failureOf(json)];
	// The trigger has an output for each kind.
	const ofAll = node.type.endsWith('Trigger') ? OF_ALL.filter((name) => name !== 'isReport') : OF_ALL;
	return [...ofAll, 'sentAt', 'receivedAt', ...namesOfContent(json), ...OF_A_DELIVERY, ...failureOf(json)];
}

function namesOfContent({ isReport, content, checksumStatus }: IDataObject): readonly string[] {
	if (isReport === true) return []; // MESH gives it the name of a file, but there is none
	return [
		'fileName',
		...(content === undefined ? ['bytes'] : ['content']),
		...(DOUBTFUL.includes(checksumStatus) ? ['checksumStatus'] : []),
	];
}

function namesOfContentInVersion1({ isReport, content, checksumStatus }: IDataObject): readonly string[] {
	if (isReport === true) return [];
	const inFile = content === undefined;
	return ['fileName', 'bytes', ...(inFile || DOUBTFUL.includes(checksumStatus) ? ['checksumStatus'] : []), 'content'];
}

/** The same where only the headers were asked for, perhaps of a message that this mailbox has sent. */
export function simpleHeaderFields(json: IDataObject): readonly string[] {
	const file = json.isReport === true ? [] : ['fileName', 'contentType'];
	return [...OF_ALL, 'to', ...file, 'sentAt', 'statusTimestamp', ...failureOf(json)];
}

function failureOf({ isReport, statusSuccess }: IDataObject): readonly string[] {
	return isReport === true || statusSuccess === false ? OF_A_FAILURE : [];
}

/** What stands in the place of an address made of patient data. */
const HIDDEN = 'GPPROVIDER (hidden)';

/** A recipient as it may be put out: the address by which MESH finds a patient's GP practice is patient data. */
export function visibleRecipient<T extends string | undefined>(recipient: T): T | typeof HIDDEN {
	return /^\s*GPPROVIDER_/i.test(recipient ?? '') ? HIDDEN : recipient;
}

/** n8n's usual switch for calls that return more than ten fields. */
export function simplifyParameter(displayOptions?: IDisplayOptions): INodeProperties {
	return {
		displayName: 'Simplify',
		name: 'simplify',
		type: 'boolean',
		default: true,
		description: 'Whether to return a simplified version of the response instead of the raw data',
		...(displayOptions === undefined ? {} : { displayOptions }),
	};
}

/** These fields of an item's JSON, where it has them, in its own order. */
export function onlyFields(json: IDataObject, fields: readonly string[]): IDataObject {
	return Object.fromEntries(Object.entries(json).filter(([name]) => fields.includes(name)));
}

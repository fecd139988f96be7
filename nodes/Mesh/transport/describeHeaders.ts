import type { IDataObject } from 'n8n-workflow';
import type { MessageHeaders } from '../client';
import { flat } from './flat';
import { visibleRecipient } from './patientAddress';
import { safeFileName } from './safeFileName';

/**
 * The headers of a message as an item's JSON: flat, ISO 8601 times, no empty fields. `fileName` is safe to use in a path;
 * where that changed it, `fileNameAsReceived` has the sender's own spelling.
 */
export function describeHeaders(headers: MessageHeaders): IDataObject {
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
		statusTimestamp: headers.statusTimestamp,
	});
}

import type { IDataObject } from 'n8n-workflow';
import { isMeshError, type OutgoingMessage, type SendOptions, type SentMessage } from '../../../client';
import { flat } from '../../../transport/flat';
import { visibleRecipient } from '../../../transport/patientAddress';
import { noteTransfer } from '../../noteTransfer';
import type { OperationCall } from '../../operation';
import { simplified } from '../../simplify';
import { openContent } from './content';
import { noteStopped } from './noteStopped';
import { readMessage, type Envelope } from './readMessage';
import { readSendOptions } from './readSendOptions';
import { sendRecord, type SendRecord } from './sendRecord';
import { isTool, toolSendRecord } from './toolSendRecord';

/** What tells the message from others, and how large it was. */
const SIMPLE = ['messageId', 'localId', 'to', 'workflowId', 'subject', 'fileName', 'checksum', 'bytes', 'chunkCount', 'settledByTracking'];

/**
 * Sends the content that the item's fields name, and describes what MESH made of it. A node that is retried does not send
 * again what it has sent already.
 * @param options the collection Options
 */
export async function sendMessage(call: OperationCall, options: IDataObject, envelope: Envelope): Promise<IDataObject> {
	const sendOptions = readSendOptions(options, call.signal);
	const content = await openContent(call);
	try {
		const message = await readMessage(options, envelope, content, call.signal);
		const record = isTool(call) ? await toolSendRecord(call, message) : sendRecord(call, message);
		const json = record.earlier?.state === 'sent' ? record.earlier.json : await sendOnce(call, message, sendOptions, record);
		return simplified(call, json, SIMPLE);
	} finally {
		await content.close();
	}
}

async function sendOnce(call: OperationCall, message: OutgoingMessage, options: SendOptions, record: SendRecord): Promise<IDataObject> {
	const { earlier } = record;
	try {
		const isUnknown = earlier?.state === 'unknown';
		const sent = await call.client.send(isUnknown ? { ...message, localId: earlier.localId } : message, {
			...options,
			unsettledSince: isUnknown ? earlier.since : undefined,
			continueFrom: options.continueFrom ?? (earlier?.state === 'interrupted' ? earlier.upload : undefined),
		});
		noteTransfer(call, 'Sent', sent);
		const json = describeSent(sent, message);
		record.sent(json);
		return json;
	} catch (error) {
		if (isMeshError(error) && error.code === 'MESH_ABORTED') noteStopped(call, error);
		throw record.failed(error);
	}
}

function describeSent(sent: SentMessage, message: OutgoingMessage): IDataObject {
	return flat({
		messageId: sent.messageId,
		localId: sent.localId,
		to: visibleRecipient(message.to),
		workflowId: message.workflowId,
		subject: message.subject,
		fileName: message.fileName,
		contentType: message.contentType,
		partnerId: message.partnerId,
		checksum: message.checksum,
		bytes: message.source.size,
		transmittedBytes: sent.transmittedBytes,
		compressed: sent.compressed,
		chunkCount: sent.chunkCount,
		chunkSize: sent.chunkSize,
		settledByTracking: sent.settledByTracking,
	});
}

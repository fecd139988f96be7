import type { IDataObject } from 'n8n-workflow';
import type { OutgoingMessage, SendOptions, SentMessage } from '../../client';
import { flat } from '../../transport/flat';
import { chosenItemsAtOnce } from '../itemsAtOnce';
import type { OperationCall, OperationItem } from '../operation';
import { optionsOf } from '../parameters';
import { openContent } from './send/content';
import { readMessage } from './send/readMessage';
import { readSendOptions } from './send/readSendOptions';
import { sendRecord, type SendRecord } from './send/sendRecord';
import { settleUnknown } from './send/settleUnknown';

export { sendFields as description } from './send/fields';

export const itemsAtOnce = chosenItemsAtOnce;

/** MESH API, "send message" with all its chunks. A node that is retried does not send again what it has sent already. */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	const options = optionsOf(call);
	const sendOptions = readSendOptions(options, call.signal);
	const content = await openContent(call);
	try {
		const message = await readMessage(call, options, content);
		const record = sendRecord(call, message);
		return [{ json: record.earlier?.state === 'sent' ? record.earlier.json : await sendOnce(call, message, sendOptions, record) }];
	} finally {
		await content.close();
	}
}

async function sendOnce(call: OperationCall, message: OutgoingMessage, options: SendOptions, record: SendRecord): Promise<IDataObject> {
	const { earlier } = record;
	try {
		const settled = earlier?.state === 'unknown' ? await settleUnknown(call, message, options, earlier.localId) : undefined;
		const sent = settled ?? (await call.client.send(earlier?.state === 'unknown' ? { ...message, localId: earlier.localId } : message, {
			...options,
			continueFrom: options.continueFrom ?? (earlier?.state === 'interrupted' ? earlier.upload : undefined),
		}));
		const json = describeSent(sent, message);
		record.sent(json);
		return json;
	} catch (error) {
		throw record.failed(error);
	}
}

function describeSent(sent: Partial<SentMessage> & Pick<SentMessage, 'messageId' | 'localId'>, message: OutgoingMessage): IDataObject {
	return flat({
		messageId: sent.messageId,
		localId: sent.localId,
		to: message.to,
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

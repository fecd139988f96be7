import type { INodeProperties } from 'n8n-workflow';
import type { OperationCall, OperationItem } from '../operation';
import { requiredText, smallCallsAtOnce } from '../operation';
import { messageIdField } from './fields';

export const description: INodeProperties[] = [
	messageIdField(
		'acknowledge',
		'The message to remove from the inbox for good. Acknowledge only what has been processed: MESH does not deliver it again. Behind Send or Reply it is the message that was received, not the one sent.',
		// What Send and Reply keep of the message that they pass on or answer; their messageId is that of a message in another mailbox.
		{ byDefault: '={{ $json.receivedMessageId ?? $json.messageId }}' },
	),
];

export const itemsAtOnce = smallCallsAtOnce;

/** MESH API, "acknowledge message": it can be repeated without harm. */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	const messageId = requiredText(call, 'messageId', 'Message ID');
	await call.client.acknowledge(messageId, { signal: call.signal });
	return [{ json: { messageId, acknowledged: true } }];
}

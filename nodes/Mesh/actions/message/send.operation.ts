import type { INodeProperties } from 'n8n-workflow';
import type { OperationCall, OperationItem } from '../operation';
import { chosenItemsAtOnce, optionalText, optionalTextOf, requiredText } from '../operation';
import { outgoingContentFields, sendCollections, sendOptionsOf } from './fields';
import { readRecipient, recipientFields } from './recipient';
import { sendMessage } from './sendMessage';

const shown = { resource: ['message'], operation: ['send'] };

/** The fields of Message: Send. The workflow ID comes first, since the list of recipients depends on it. */
export const description: INodeProperties[] = [
	{
		displayName: 'Workflow ID',
		name: 'workflowId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. TEST_WORKFLOW',
		description: 'The kind of message, as registered with NHS England. The list of recipients is that of this workflow ID.',
		displayOptions: { show: shown },
	},
	...recipientFields(shown),
	...outgoingContentFields(shown, 'binary'),
	...sendCollections(shown),
];

export const itemsAtOnce = chosenItemsAtOnce;

/** MESH API, "send message" with all its chunks. */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	const options = sendOptionsOf(call);
	const envelope = {
		to: readRecipient(call),
		workflowId: requiredText(call, 'workflowId', 'Workflow ID'),
		localId: optionalText(options, 'localId'),
	};
	return [{ json: await sendMessage(call, options, envelope, receivedMessageId(call)) }];
}

/** That of a received message that is passed on. Only what was received says whom it is from; what was sent has `to` alone. */
function receivedMessageId({ context, itemIndex }: OperationCall): string | undefined {
	const { messageId, receivedMessageId: kept, from } = context.getInputData()[itemIndex]?.json ?? {};
	return optionalTextOf(kept) ?? (optionalTextOf(from) === undefined ? undefined : optionalTextOf(messageId));
}

import type { INodeProperties } from 'n8n-workflow';
import { toIncomingItem } from '../../transport/incomingItem';
import type { IncomingItem } from '../../transport/incomingItem';
import { simpleFields } from '../../transport/itemJson';
import { errorFacts, toNodeError } from '../../transport/nodeErrors';
import {
	putContentInFields,
	downloadLimits,
	maximumSizeOption,
	readReceivingFields,
	verifyChecksumOption,
} from '../../transport/receivingFields';
import type { OperationCall, OperationItem } from '../operation';
import { chosenItemsAtOnce, itemsAtOnceOption, optionsOf, requiredText, simplified, simplifyField } from '../operation';
import { messageIdField } from './fields';

const shown = { resource: ['message'], operation: ['download'] };

export const description: INodeProperties[] = [
	messageIdField('download', 'A message in the inbox of this mailbox'),
	...putContentInFields(shown),
	{
		displayName: 'An AI agent gets no files: set Put Content In to Text or Parsed JSON',
		name: 'outputAsToolNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { ...shown, outputAs: ['binary'], '@tool': [true] } },
	},
	simplifyField('message', 'download'),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Acknowledge After Storing',
				name: 'acknowledge',
				type: 'boolean',
				default: false,
				description:
					'Whether to remove the message from the inbox for good once this node has stored it and all other items. If a later node fails, MESH does not deliver it again: to be sure, leave this off and use the Acknowledge operation at the end of the workflow.',
			},
			itemsAtOnceOption,
			maximumSizeOption,
			verifyChecksumOption,
		],
		displayOptions: { show: shown },
	},
];

const ABOUT_REPORTS =
	'A report has no content: MESH says that a message you sent was not delivered. Branch on isReport; linkedMessageId names that message, statusDescription the reason. Acknowledge reports, too.';

export const itemsAtOnce = chosenItemsAtOnce;

export const transfers = 'Received';

/** MESH API, "download message" with all its chunks, then, if chosen, "acknowledge message". */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	const { client, signal } = call;
	const messageId = requiredText(call, 'messageId', 'Message ID');
	const options = optionsOf(call);
	const settings = readReceivingFields((name) => call.context.getNodeParameter(name, call.itemIndex, null), options);
	const message = await client.download(messageId, { signal, limits: downloadLimits(settings) });
	const received = await toIncomingItem(call.context, message, settings, call.run.hints);
	const item = { ...received, json: simplified(call, received.json, simpleFields(received.json, call.context.getNode())) };
	if (received.json.isReport === true) call.run.hints.show(ABOUT_REPORTS);
	if (message.received !== undefined) call.run.hints.addTransfer(message.received);
	if (options.acknowledge === true) acknowledgeLater(call, messageId, item);
	return [item];
}

/**
 * After all items, so that the failure of one does not throw away others that MESH would not deliver again. For the same
 * reason a failed acknowledgement does not fail the node: its message only comes once more.
 */
function acknowledgeLater(
	{ client, context, itemIndex, signal, afterAllItems }: OperationCall,
	messageId: string,
	{ json }: IncomingItem,
): void {
	json.acknowledged = false;
	afterAllItems(async () => {
		try {
			await client.acknowledge(messageId, { signal });
			json.acknowledged = true;
		} catch (error) {
			const { message } = toNodeError(context.getNode(), error, itemIndex);
			json.acknowledgeError = { message, ...errorFacts(error) };
			context.logger.warn(
				`[NHS MESH: ${context.getNode().name}] Message ${messageId} was stored but not acknowledged; it stays in the inbox`,
			);
		}
	});
}

import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { invalidInput } from '../../client';
import type { OperationCall, OperationItem } from '../operation';
import { chosenItemsAtOnce, optionalTextOf, optionsOf, requiredText, simplifyField } from '../parameters';
import { contentFields, sendOptionFields } from './fields';
import { sendMessage } from './sendMessage';
import type { Envelope } from './sendMessage';

const shown = { resource: ['message'], operation: ['reply'] };
const byFields = { show: { ...shown, replyTo: ['fields'] } };

/** What the service's documents append for a business acknowledgement. */
const USUAL_SUFFIX = '_ACK';

const suffixOption: INodeProperties = {
	displayName: 'Workflow ID Suffix',
	name: 'workflowIdSuffix',
	type: 'string',
	default: USUAL_SUFFIX,
	description: 'What is added to the workflow ID of the received message. A message whose workflow ID ends with it already is not replied to: two systems that acknowledge each other would never stop.',
};

/** The fields of Message: Reply. */
export const description: INodeProperties[] = [
	{
		displayName: 'Received Message By',
		name: 'replyTo',
		type: 'options',
		default: 'fields',
		description: 'Where its sender, workflow ID and local ID come from',
		options: [
			{ name: 'Fields of the Item', value: 'fields', description: 'As the trigger and Download put them out' },
			{ name: 'Message ID', value: 'messageId', description: 'MESH is asked for them, which it answers while the message is available' },
		],
		displayOptions: { show: shown },
	},
	{
		displayName: 'Message ID',
		name: 'messageId',
		type: 'string',
		default: '={{ $json.messageId }}',
		required: true,
		placeholder: 'e.g. 20200529155357895317_3573F8',
		description: 'The received message',
		displayOptions: { show: { ...shown, replyTo: ['messageId'] } },
	},
	{
		displayName: 'Sender',
		name: 'from',
		type: 'string',
		default: '={{ $json.from }}',
		required: true,
		placeholder: 'e.g. X26HC006',
		description: 'Mailbox ID of the sender of the received message, who gets the reply',
		displayOptions: byFields,
	},
	{
		displayName: 'Workflow ID',
		name: 'receivedWorkflowId',
		type: 'string',
		default: '={{ $json.workflowId }}',
		required: true,
		placeholder: 'e.g. TEST_WORKFLOW',
		description: 'That of the received message. The reply gets it with the Workflow ID Suffix added, which is _ACK unless the option says otherwise.',
		displayOptions: byFields,
	},
	{
		displayName: 'Local ID',
		name: 'receivedLocalId',
		type: 'string',
		default: '={{ $json.localId }}',
		description: 'That of the received message, by which its sender knows what the reply is about. The reply carries it over.',
		displayOptions: byFields,
	},
	...contentFields(shown, 'text'),
	simplifyField('message', 'reply'),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [...sendOptionFields.filter(({ name }) => name !== 'localId'), suffixOption],
		displayOptions: { show: shown },
	},
];

export const itemsAtOnce = chosenItemsAtOnce;

/**
 * A business acknowledgement: a message of its own to the sender of a received one, with the workflow ID + `_ACK`, or another
 * suffix, and the same local ID (MESH API, conventions). MESH's own acknowledgement says only that the message was collected.
 */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	const options = optionsOf(call);
	const { to, workflowId, localId } = await readReceived(call);
	const suffix = suffixOf(options);
	if (workflowId.endsWith(suffix)) {
		throw invalidInput('receivedWorkflowId', 'The received message is itself an acknowledgement, so it is not replied to', `Filter out messages whose workflow ID ends with ${suffix}: two systems that acknowledge each other would never stop.`);
	}
	return [{ json: await sendMessage(call, options, { to, workflowId: workflowId + suffix, localId }) }];
}

/** Whom the received message is from, and what it was about. */
async function readReceived(call: OperationCall): Promise<Envelope> {
	const { context, itemIndex, client, signal } = call;
	if (context.getNodeParameter('replyTo', itemIndex, 'fields') !== 'messageId') {
		return {
			to: senderOf(call),
			workflowId: requiredText(call, 'receivedWorkflowId', 'Workflow ID'),
			localId: optionalTextOf(context.getNodeParameter('receivedLocalId', itemIndex, '')),
		};
	}
	const { from, workflowId, localId, messageType } = await client.getHeaders(requiredText(call, 'messageId', 'Message ID'), { signal });
	if (from === undefined || workflowId === undefined || messageType === 'REPORT') {
		throw invalidInput('messageId', 'The message has no sender that could get a reply', 'Reports come from MESH itself. Reply to messages of the type DATA only.');
	}
	return { to: from, workflowId, localId };
}

function senderOf({ context, itemIndex }: OperationCall): string {
	const from = optionalTextOf(context.getNodeParameter('from', itemIndex));
	if (from !== undefined) return from;
	throw invalidInput('from', 'Sender is missing', "Reports come from MESH itself and have no sender: leave them out (isReport). Otherwise check the expression of 'Sender'.");
}

/** Without a suffix nothing would tell a reply from the message that it answers. */
function suffixOf({ workflowIdSuffix = USUAL_SUFFIX }: IDataObject): string {
	const suffix = optionalTextOf(workflowIdSuffix);
	if (suffix !== undefined) return suffix;
	throw invalidInput('workflowIdSuffix', 'Workflow ID Suffix is empty', `Fill it in, or remove the option to use ${USUAL_SUFFIX}. Two systems that answer each other under the same workflow ID would never stop.`);
}

import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { invalidInput } from '../../client';
import type { OperationCall, OperationItem } from '../operation';
import { chosenItemsAtOnce, optionalTextOf, requiredText } from '../operation';
import { outgoingContentFields, messageIdField, sendCollections, sendOptionsOf } from './fields';
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
	description:
		'What is added to the workflow ID of the received message. A message whose workflow ID ends with it already is an acknowledgement itself.',
};

const acknowledgementOption: INodeProperties = {
	displayName: 'Reply to Acknowledgement',
	name: 'replyToAcknowledgement',
	type: 'boolean',
	default: false,
	description:
		'Whether to reply to a message that is an acknowledgement itself, as some protocols demand. When off, such an item fails. Risk: two systems that acknowledge each other never stop, so switch it on with an expression for the messages that need it.',
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
	messageIdField('reply', 'The received message', { show: { replyTo: ['messageId'] } }),
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
		description:
			'That of the received message. The reply gets it with the Workflow ID Suffix added, which is _ACK unless the option says otherwise.',
		displayOptions: byFields,
	},
	{
		displayName: 'Workflow ID of the Reply',
		name: 'replyWorkflowId',
		type: 'string',
		// Shown in the editor with its value.
		default: `={{ $parameter.receivedWorkflowId }}{{ $parameter.options?.workflowIdSuffix ?? '${USUAL_SUFFIX}' }}`,
		required: true,
		description: 'What the reply is sent under: that of the received message with the suffix, unless you change it',
		displayOptions: { show: { ...byFields.show, '@version': [{ _cnd: { gte: 1.1 } }] } },
	},
	{
		displayName: 'Local ID',
		name: 'receivedLocalId',
		type: 'string',
		default: '={{ $json.localId }}',
		description: 'That of the received message, by which its sender knows what the reply is about. The reply carries it over.',
		displayOptions: byFields,
	},
	{
		displayName: 'Received Message ID',
		name: 'receivedMessageId',
		type: 'string',
		default: '={{ $json.receivedMessageId ?? $json.messageId }}',
		description: 'That of the received message. It is put out again, so that Acknowledge behind this node finds it.',
		displayOptions: byFields,
	},
	...outgoingContentFields(shown, 'text'),
	...sendCollections(shown, { without: ['localId'], more: [acknowledgementOption, suffixOption] }),
];

export const itemsAtOnce = chosenItemsAtOnce;

const NEVER_STOP = 'two systems that acknowledge each other would never stop';

/**
 * A business acknowledgement: a message of its own to the sender of a received one, with the workflow ID + `_ACK`, or another
 * suffix, and the same local ID (MESH API, conventions). MESH's own acknowledgement says only that the message was collected.
 */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	const options = sendOptionsOf(call);
	const { messageId, to, workflowId, localId } = await readReceived(call);
	const suffix = suffixOf(options);
	if (workflowId.endsWith(suffix)) {
		if (options.replyToAcknowledgement !== true) {
			throw invalidInput(
				'receivedWorkflowId',
				'The received message is itself an acknowledgement, so it is not replied to',
				`Filter out messages whose workflow ID ends with ${suffix}: ${NEVER_STOP}. Where the protocol demands an answer, switch on the option Reply to Acknowledgement.`,
			);
		}
		call.run.hints.show(
			`Acknowledgements were replied to, as Reply to Acknowledgement says. Make sure that the other side does not answer in turn: ${NEVER_STOP}.`,
			'warning',
		);
	}
	const envelope = { to, workflowId: chosenWorkflowId(call, workflowId) ?? workflowId + suffix, localId };
	return [{ json: await sendMessage(call, options, envelope, messageId) }];
}

/** What stands in the field, as the editor has shown it. Version 1 of the node has none. */
function chosenWorkflowId({ context, itemIndex }: OperationCall, received: string): string | undefined {
	const chosen = optionalTextOf(context.getNodeParameter('replyWorkflowId', itemIndex, ''));
	if (chosen !== received) return chosen;
	throw invalidInput(
		'replyWorkflowId',
		'The reply has the workflow ID of the message that it answers',
		'Give it another one: two systems that answer each other under the same workflow ID would never stop.',
	);
}

/** Whom the received message is from, and what it was about. */
async function readReceived(call: OperationCall): Promise<Envelope & { messageId?: string }> {
	const { context, itemIndex, client, signal } = call;
	if (context.getNodeParameter('replyTo', itemIndex, 'fields') !== 'messageId') {
		return {
			messageId: optionalTextOf(context.getNodeParameter('receivedMessageId', itemIndex, '')),
			to: senderOf(call),
			workflowId: requiredText(call, 'receivedWorkflowId', 'Workflow ID'),
			localId: optionalTextOf(context.getNodeParameter('receivedLocalId', itemIndex, '')),
		};
	}
	const messageId = requiredText(call, 'messageId', 'Message ID');
	const { from, workflowId, localId, messageType } = await client.getHeaders(messageId, { signal });
	if (from === undefined || workflowId === undefined || messageType === 'REPORT') {
		throw invalidInput(
			'messageId',
			'The message has no sender that could get a reply',
			'Reports come from MESH itself. Reply to messages of the type DATA only.',
		);
	}
	return { messageId, to: from, workflowId, localId };
}

function senderOf({ context, itemIndex }: OperationCall): string {
	const from = optionalTextOf(context.getNodeParameter('from', itemIndex));
	if (from !== undefined) return from;
	throw invalidInput(
		'from',
		'Sender is missing',
		"Reports come from MESH itself and have no sender: leave them out (isReport). Otherwise check the expression of 'Sender'.",
	);
}

/** Without a suffix nothing would tell a reply from the message that it answers. */
function suffixOf({ workflowIdSuffix = USUAL_SUFFIX }: IDataObject): string {
	const suffix = optionalTextOf(workflowIdSuffix);
	if (suffix !== undefined) return suffix;
	throw invalidInput(
		'workflowIdSuffix',
		'Workflow ID Suffix is empty',
		`Fill it in, or remove the option to use ${USUAL_SUFFIX}. Two systems that answer each other under the same workflow ID would never stop.`,
	);
}

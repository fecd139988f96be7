import type { INodeProperties } from 'n8n-workflow';
import { simplifyField } from '../../simplify';
import { contentFields } from '../send/contentFields';
import { sendOptionFields } from '../send/optionFields';

const shown = { resource: ['message'], operation: ['reply'] };
const byFields = { show: { ...shown, replyTo: ['fields'] } };

/** What the service's documents append for a business acknowledgement. */
export const USUAL_SUFFIX = '_ACK';

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

import type { INodeProperties } from 'n8n-workflow';
import { contentFields } from './contentFields';
import { sendOptionFields } from './optionFields';
import { simplifyField } from '../../simplify';
import { recipientFields } from './recipientFields';

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
	...contentFields(shown, 'binary'),
	simplifyField('message', 'send'),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: sendOptionFields,
		displayOptions: { show: shown },
	},
];

import type { INodeProperties } from 'n8n-workflow';
import { sendOptionFields } from './optionFields';

const shown = { resource: ['message'], operation: ['send'] };

/** The fields of Message: Send. */
export const sendFields: INodeProperties[] = [
	{
		displayName: 'Recipient Mailbox ID',
		name: 'to',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. X26HC006',
		description: 'The mailbox that gets the message. Directory operations find it by ODS code and workflow ID.',
		displayOptions: { show: shown },
	},
	{
		displayName: 'Workflow ID',
		name: 'workflowId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. TEST_WORKFLOW',
		description: 'The kind of message, as registered with NHS England',
		displayOptions: { show: shown },
	},
	{
		displayName: 'Content',
		name: 'contentFrom',
		type: 'options',
		default: 'binary',
		description: 'Where the content of the message comes from',
		options: [
			{ name: 'Binary File', value: 'binary', description: 'A file of the input item, of any size: streamed, not loaded' },
			{ name: 'JSON', value: 'json', description: 'A JSON value' },
			{ name: 'Text', value: 'text', description: 'A text, sent in UTF-8' },
		],
		displayOptions: { show: shown },
	},
	{
		displayName: 'Input Binary Field',
		name: 'binaryPropertyName',
		type: 'string',
		default: 'data',
		required: true,
		hint: 'The name of the input binary field containing the file to be sent',
		displayOptions: { show: { ...shown, contentFrom: ['binary'] } },
	},
	{
		displayName: 'Text',
		name: 'text',
		type: 'string',
		typeOptions: { rows: 4 },
		default: '',
		required: true,
		description: 'The content of the message',
		displayOptions: { show: { ...shown, contentFrom: ['text'] } },
	},
	{
		displayName: 'JSON',
		name: 'jsonContent',
		type: 'json',
		default: '={{ $json }}',
		required: true,
		description: 'The content of the message. The whole input item unless you change it.',
		displayOptions: { show: { ...shown, contentFrom: ['json'] } },
	},
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

import type { INodeProperties } from 'n8n-workflow';

/** Where the content goes: the same fields as on the Download operation. */
export const contentFields: INodeProperties[] = [
	{
		displayName: 'Put Content In',
		name: 'outputAs',
		type: 'options',
		default: 'binary',
		description: 'Where the content of a message goes. Reports on failed messages have no content.',
		options: [
			{ name: 'Binary File', value: 'binary', description: 'For any content of any size: streamed into the binary data store of n8n' },
			{ name: 'Text', value: 'text', description: 'Into the field content, for small text' },
			{ name: 'Parsed JSON', value: 'json', description: 'Into the field content, for small JSON' },
		],
	},
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyName',
		type: 'string',
		default: 'data',
		required: true,
		hint: 'The name of the output binary field to put the file in',
		displayOptions: { show: { outputAs: ['binary'] } },
	},
];

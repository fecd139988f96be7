import type { INodeProperties } from 'n8n-workflow';

/**
 * The fields that say what is sent.
 * @param usual what most messages of the operation consist of
 */
export function contentFields(shown: Record<string, string[]>, usual: 'binary' | 'json' | 'text'): INodeProperties[] {
	return [
		{
			displayName: 'Content',
			name: 'contentFrom',
			type: 'options',
			default: usual,
			description: 'Where the content of the message comes from',
			options: [
				{ name: 'Binary File', value: 'binary', description: 'A file of the input item, of any size: streamed, not loaded' },
				{ name: 'JSON', value: 'json', description: 'A JSON value' },
				{ name: 'Text', value: 'text', description: 'A text, sent in UTF-8' },
			],
			displayOptions: { show: shown },
		},
		{
			displayName: 'An AI agent has no files: set Content to Text or JSON',
			name: 'contentFromToolNotice',
			type: 'notice',
			default: '',
			displayOptions: { show: { ...shown, contentFrom: ['binary'], '@tool': [true] } },
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
	];
}

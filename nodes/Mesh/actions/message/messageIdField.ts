import type { INodeProperties } from 'n8n-workflow';

/** The message that an operation is about. */
export function messageIdField(operation: string, description: string): INodeProperties {
	return {
		displayName: 'Message ID',
		name: 'messageId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 20200529155357895317_3573F8',
		description,
		displayOptions: { show: { resource: ['message'], operation: [operation] } },
	};
}

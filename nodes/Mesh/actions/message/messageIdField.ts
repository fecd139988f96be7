import type { INodeProperties } from 'n8n-workflow';

/** The message that an operation is about. */
export function messageIdField(operation: string, description: string): INodeProperties {
	return {
		displayName: 'Message ID',
		name: 'messageId',
		type: 'string',
		// What the trigger, Get Many, Download and Send put out, so that a chain of them needs no typing.
		default: '={{ $json.messageId }}',
		required: true,
		placeholder: 'e.g. 20200529155357895317_3573F8',
		description,
		displayOptions: { show: { resource: ['message'], operation: [operation] } },
	};
}

import type { INodeProperties } from 'n8n-workflow';

/** The workflow that mailboxes are looked up for. */
export function workflowIdField(operation: string): INodeProperties {
	return {
		displayName: 'Workflow ID',
		name: 'workflowId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. TEST_WORKFLOW',
		description: 'The kind of message that the mailboxes must be registered for. Upper and lower case matter.',
		displayOptions: { show: { resource: ['directory'], operation: [operation] } },
	};
}

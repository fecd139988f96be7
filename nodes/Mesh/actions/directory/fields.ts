import type { INodeProperties } from 'n8n-workflow';
import type { OperationCall } from '../operation';

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

/** MESH answers a look-up of a misspelt code as it answers one of which there is nothing: with an empty list. */
export function hintNoMailbox({ run }: OperationCall, found: readonly unknown[], what: string): void {
	if (found.length === 0)
		run.hints.show(`No mailbox is registered for ${what}. Upper and lower case matter; mailboxes differ between environments.`);
}

import type { INodeProperties } from 'n8n-workflow';
import * as lookUp from './lookUp.operation';
import * as search from './search.operation';

/** The operations of the resource Directory and their fields. */
export const directoryDescription: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		default: 'lookUp',
		displayOptions: { show: { resource: ['directory'] } },
		options: [
			{
				name: 'Look Up Mailboxes',
				value: 'lookUp',
				action: 'Look up the mailboxes of an organisation',
				description: 'Find mailboxes by ODS code and workflow ID',
			},
			{
				name: 'Search by Workflow',
				value: 'search',
				action: 'Search mailboxes by workflow',
				description: 'Find all mailboxes that are registered for a workflow',
			},
		],
	},
	...lookUp.description,
	...search.description,
];

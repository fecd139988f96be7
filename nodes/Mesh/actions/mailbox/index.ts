import type { INodeProperties } from 'n8n-workflow';
import * as checkConnection from './checkConnection.operation';
import * as count from './count.operation';
import * as validate from './validate.operation';

/** The operations of the resource Mailbox and their fields. */
export const mailboxDescription: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		default: 'validate',
		displayOptions: { show: { resource: ['mailbox'] } },
		options: [
			{
				name: 'Check Connection',
				value: 'checkConnection',
				action: 'Check the connection of a mailbox',
				description: 'Find out whether certificates, TLS, clock and mailbox are in order, and what is wrong if not',
			},
			{
				name: 'Count Messages',
				value: 'count',
				action: 'Count the messages of a mailbox',
				description: 'Get how many messages wait in the inbox',
			},
			{
				name: 'Validate',
				value: 'validate',
				action: 'Validate a mailbox',
				description: 'Do the handshake that MESH wants at least once a day',
			},
		],
	},
	...checkConnection.description,
	...count.description,
	...validate.description,
];

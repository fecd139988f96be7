import type { INodeProperties } from 'n8n-workflow';
import * as lookUp from './directory/lookUp.operation';
import * as search from './directory/search.operation';
import * as checkConnection from './mailbox/checkConnection.operation';
import * as count from './mailbox/count.operation';
import * as validate from './mailbox/validate.operation';
import * as acknowledge from './message/acknowledge.operation';
import * as download from './message/download.operation';
import * as getHeaders from './message/getHeaders.operation';
import * as getMany from './message/getMany.operation';
import * as reply from './message/reply.operation';
import * as send from './message/send.operation';
import * as track from './message/track.operation';

/** The operations of the resource Message and their fields. */
export const messageDescription: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		default: 'send',
		displayOptions: { show: { resource: ['message'] } },
		options: [
			{
				name: 'Acknowledge',
				value: 'acknowledge',
				action: 'Acknowledge a message',
				description: 'Remove a message from the inbox for good',
			},
			{ name: 'Download', value: 'download', action: 'Download a message', description: 'Get a message with its content' },
			{
				name: 'Get Headers',
				value: 'getHeaders',
				action: 'Get the headers of a message',
				description: 'See sender, workflow, file name and the like without the content',
			},
			{ name: 'Get Many', value: 'getMany', action: 'Get many messages', description: 'List the message IDs that wait in the inbox' },
			{
				name: 'Reply',
				value: 'reply',
				action: 'Reply to a message',
				description: 'Send a business acknowledgement to the sender of a received message',
			},
			{ name: 'Send', value: 'send', action: 'Send a message', description: 'Send a file, text or JSON to another mailbox' },
			{ name: 'Track', value: 'track', action: 'Track a message', description: 'Find out what has become of a sent message' },
		],
	},
	...send.description,
	...download.description,
	...getHeaders.description,
	...getMany.description,
	...acknowledge.description,
	...reply.description,
	...track.description,
];

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

import type { INodeProperties } from 'n8n-workflow';
import * as acknowledge from './acknowledge.operation';
import * as download from './download.operation';
import * as getHeaders from './getHeaders.operation';
import * as getMany from './getMany.operation';
import * as reply from './reply.operation';
import * as send from './send.operation';
import * as track from './track.operation';

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

import type { IDataObject, INode, INodeProperties } from 'n8n-workflow';
import type { TrackingRecord } from '../../client';
import { flat, hasOneName, visibleRecipient } from '../../transport/itemJson';
import type { OperationCall, OperationItem } from '../operation';
import { requiredText, simplified, simplifyField, smallCallsAtOnce } from '../operation';
import { messageIdField } from './fields';

const shown = { resource: ['message'], operation: ['track'] };

export const description: INodeProperties[] = [
	{
		displayName: 'Track By',
		name: 'trackBy',
		type: 'options',
		default: 'messageId',
		description: 'What you know of the message. Only messages that this mailbox has sent can be tracked.',
		options: [
			{ name: 'Message ID', value: 'messageId', description: 'The ID that MESH gave when the message was sent' },
			{
				name: 'Local ID',
				value: 'localId',
				description: 'Your own ID of the message. Also tells when MESH has none, or several, with that ID.',
			},
		],
		displayOptions: { show: shown },
	},
	messageIdField('track', 'The sent message to ask about', { show: { trackBy: ['messageId'] } }),
	{
		displayName: 'Local ID',
		name: 'localId',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. batch-2026-11-26',
		description: 'The one that the message was sent with',
		displayOptions: { show: { ...shown, trackBy: ['localId'] } },
	},
	simplifyField('message', 'track'),
];

const SIMPLE = [
	'outcome',
	'messageId',
	'status',
	'localId',
	'workflowId',
	'recipient',
	'to',
	'uploadTimestamp',
	'sentAt',
	'expiryTime',
	'statusCode',
	'statusDescription',
];

const SEVERAL =
	'MESH has several messages with this local ID and does not tell them apart. Track them by message ID, and give each message a local ID of its own.';

export const itemsAtOnce = smallCallsAtOnce;

/** MESH API, "track outbox message": what has become of a sent message. */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	return [{ json: simplified(call, await trackOne(call), SIMPLE) }];
}

async function trackOne(call: OperationCall): Promise<IDataObject> {
	const options = { signal: call.signal };
	if (call.context.getNodeParameter('trackBy', call.itemIndex) !== 'localId') {
		const messageId = requiredText(call, 'messageId', 'Message ID');
		return describeTracking(await call.client.track(messageId, options), call.context.getNode());
	}
	const localId = requiredText(call, 'localId', 'Local ID');
	const tracking = await call.client.trackByLocalId(localId, options);
	if (tracking.outcome === 'several') call.run.hints.show(SEVERAL);
	const record = tracking.outcome === 'found' ? describeTracking(tracking.record, call.context.getNode()) : {};
	return { localId, outcome: tracking.outcome, ...record };
}

function describeTracking(record: TrackingRecord, node: Pick<INode, 'typeVersion'>): IDataObject {
	const recipient = visibleRecipient(record.recipient);
	const sentAt = record.uploadTimestamp;
	return flat({
		messageId: record.messageId,
		status: record.status,
		localId: record.localId,
		workflowId: record.workflowId,
		fileName: record.fileName,
		...(hasOneName(node) ? { to: recipient } : { recipient }),
		recipientName: record.recipientName,
		recipientOdsCode: record.recipientOdsCode,
		recipientOrganisationCode: record.recipientOrganisationCode,
		recipientOrganisationName: record.recipientOrganisationName,
		...(hasOneName(node) ? { sentAt } : { uploadTimestamp: sentAt }),
		expiryTime: record.expiryTime,
		downloadTimestamp: record.downloadTimestamp,
		statusSuccess: record.statusSuccess,
		statusCode: record.statusCode,
		statusEvent: record.statusEvent,
		statusDescription: record.statusDescription,
		statusTimestamp: record.statusTimestamp,
	});
}

import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { invalidInput } from '../../client';
import { addExecutionHintOnce, noteTransfer } from '../../transport/hints';
import { toIncomingItem } from '../../transport/incomingItem';
import type { IncomingItem, IncomingItemSettings } from '../../transport/incomingItem';
import { simpleFields } from '../../transport/itemJson';
import { errorFacts, toNodeError } from '../../transport/nodeErrors';
import { downloadLimits, limitOf } from '../../transport/receivingFields';
import type { OperationCall, OperationItem } from '../operation';
import { bytesOfMebibytes, chosenItemsAtOnce, itemsAtOnceOption, optionsOf, requiredText, simplified, simplifyField } from '../parameters';
import { messageIdField } from './fields';

const shown = { resource: ['message'], operation: ['download'] };

export const description: INodeProperties[] = [
	messageIdField('download', 'A message in the inbox of this mailbox'),
	{
		displayName: 'Put Content In',
		name: 'outputAs',
		type: 'options',
		default: 'binary',
		description: 'Where the content of the message goes. Reports on failed messages have no content.',
		options: [
			{ name: 'Binary File', value: 'binary', description: 'For any content of any size: streamed into the binary data store of n8n' },
			{ name: 'Text', value: 'text', description: 'Into the field content, for small text' },
			{ name: 'Parsed JSON', value: 'json', description: 'Into the field content, for small JSON' },
		],
		displayOptions: { show: shown },
	},
	{
		displayName: 'An AI agent gets no files: set Put Content In to Text or Parsed JSON',
		name: 'outputAsToolNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { ...shown, outputAs: ['binary'], '@tool': [true] } },
	},
	{
		displayName: 'Put Output File in Field',
		name: 'binaryPropertyName',
		type: 'string',
		default: 'data',
		required: true,
		hint: 'The name of the output binary field to put the file in',
		displayOptions: { show: { ...shown, outputAs: ['binary'] } },
	},
	simplifyField('message', 'download'),
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [
			{
				displayName: 'Acknowledge After Storing',
				name: 'acknowledge',
				type: 'boolean',
				default: false,
				description:
					'Whether to remove the message from the inbox for good once this node has stored it and all other items. If a later node fails, MESH does not deliver it again: to be sure, leave this off and use the Acknowledge operation at the end of the workflow.',
			},
			itemsAtOnceOption,
			{
				displayName: 'Maximum Chunks',
				name: 'maximumChunks',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 0,
				description: 'A message in more chunks fails and stays in the inbox. 0 means 100,000.',
			},
			{
				displayName: 'Maximum Compression Ratio',
				name: 'maximumCompressionRatio',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 0,
				description:
					'A message that unpacks to more than so many times what was transmitted fails and stays in the inbox; the first 10 MiB are not judged. 0 means no limit but that of size.',
			},
			{
				displayName: 'Maximum Size (MiB)',
				name: 'maximumSize',
				type: 'number',
				typeOptions: { minValue: 0 },
				default: 0,
				description: 'A message with more content fails and stays in the inbox. 0 means no limit for files and 100 MiB for text and JSON.',
			},
			{
				displayName: 'Verify Checksum',
				name: 'verifyChecksum',
				type: 'options',
				default: 'fail',
				description: 'What to do with the checksum that a sender may have given. MESH itself does not check it.',
				options: [
					{ name: 'Fail on Mismatch', value: 'fail' },
					{ name: 'Report Only', value: 'report', description: 'The field checksumStatus tells the result' },
					{ name: 'Off', value: 'off' },
				],
			},
		],
		displayOptions: { show: shown },
	},
];

const ABOUT_REPORTS = 'A report has no content: MESH says that a message you sent was not delivered. Branch on isReport; linkedMessageId names that message, statusDescription the reason. Acknowledge reports, too.';

export const itemsAtOnce = chosenItemsAtOnce;

/** MESH API, "download message" with all its chunks, then, if chosen, "acknowledge message". */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	const { client, signal } = call;
	const messageId = requiredText(call, 'messageId', 'Message ID');
	const options = optionsOf(call);
	const settings = readSettings(call, options);
	const message = await client.download(messageId, { signal, limits: downloadLimits(settings) });
	const received = await toIncomingItem(call.context, message, settings);
	const item = { ...received, json: simplified(call, received.json, simpleFields(received.json)) };
	if (received.json.isReport === true) addExecutionHintOnce(call.context, ABOUT_REPORTS);
	if (message.received !== undefined) noteTransfer(call, 'Received', message.received);
	if (options.acknowledge === true) acknowledgeLater(call, messageId, item);
	return [item];
}

/**
 * After all items, so that the failure of one does not throw away others that MESH would not deliver again. For the same
 * reason a failed acknowledgement does not fail the node: its message only comes once more.
 */
function acknowledgeLater({ client, context, itemIndex, signal, afterAllItems }: OperationCall, messageId: string, { json }: IncomingItem): void {
	json.acknowledged = false;
	afterAllItems(async () => {
		try {
			await client.acknowledge(messageId, { signal });
			json.acknowledged = true;
		} catch (error) {
			const { message } = toNodeError(context.getNode(), error, itemIndex);
			json.acknowledgeError = { message, ...errorFacts(error) };
			context.logger.warn(`[NHS MESH: ${context.getNode().name}] Message ${messageId} was stored but not acknowledged; it stays in the inbox`);
		}
	});
}

function readSettings(call: OperationCall, options: IDataObject): IncomingItemSettings {
	const outputAs = call.context.getNodeParameter('outputAs', call.itemIndex);
	if (outputAs !== 'binary' && outputAs !== 'text' && outputAs !== 'json') {
		throw invalidInput('outputAs', "'Put Content In' is not one of its choices", 'Use binary, text or json.');
	}
	const verifyChecksum = options.verifyChecksum ?? 'fail';
	if (verifyChecksum !== 'fail' && verifyChecksum !== 'report' && verifyChecksum !== 'off') {
		throw invalidInput('verifyChecksum', "'Verify Checksum' is not one of its choices", 'Use fail, report or off.');
	}
	return {
		outputAs,
		binaryProperty: outputAs === 'binary' ? requiredText(call, 'binaryPropertyName', 'Put Output File in Field') : '',
		maximumBytes: bytesOfMebibytes(options.maximumSize, 'maximumSize', 'Maximum Size'),
		maximumChunks: limitOf(options.maximumChunks, 'maximumChunks', 'Maximum Chunks'),
		maximumCompressionRatio: limitOf(options.maximumCompressionRatio, 'maximumCompressionRatio', 'Maximum Compression Ratio'),
		verifyChecksum,
	};
}

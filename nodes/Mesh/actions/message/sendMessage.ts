import type { IBinaryData, IDataObject, INode } from 'n8n-workflow';
import { digestOf, invalidInput, isMeshError } from '../../client';
import type { OutgoingMessage, SendOptions, SentMessage, UploadState } from '../../client';
import { flat, hasOneName, visibleRecipient } from '../../transport/itemJson';
import { binarySource, textSource } from '../../transport/outgoingContent';
import type { BinarySource } from '../../transport/outgoingContent';
import { bytesOfMebibytes } from '../../transport/receivingFields';
import type { OperationCall } from '../operation';
import { optionalText, optionalTextOf, requiredTextOf, simplified } from '../operation';
import { isTool, noteStopped, sendRecord, toolSendRecord } from './sendRecord';
import type { SendRecord } from './sendRecord';

/** What tells the message from others, and how large it was. */
const SIMPLE = ['receivedMessageId', 'messageId', 'localId', 'to', 'workflowId', 'subject', 'fileName', 'checksum', 'bytes'];

/** What version 1 of the node had as well; n8n's guideline is ten fields. */
function simpleFields(node: INode, isOfReceived: boolean): readonly string[] {
	if (hasOneName(node)) return SIMPLE;
	return [...SIMPLE, ...(isOfReceived ? [] : ['chunkCount']), 'settledByTracking'];
}

/**
 * Sends the content that the item's fields name, and describes what MESH made of it. A node that is retried does not send
 * again what it has sent already.
 * @param options the collection Options
 * @param receivedMessageId the message that is answered or passed on: it stays in the output, for Acknowledge behind this node
 */
export async function sendMessage(
	call: OperationCall,
	options: IDataObject,
	envelope: Envelope,
	receivedMessageId?: string,
): Promise<IDataObject> {
	const sendOptions = readSendOptions(options, call.signal);
	const content = await openContent(call);
	try {
		const message = await readMessage(call, options, envelope, content);
		const record = isTool(call) ? toolSendRecord(call, message) : sendRecord(call, message);
		const json = record.earlier?.state === 'sent' ? record.earlier.json : await sendOnce(call, sendOptions, record);
		const isOfReceived = receivedMessageId !== undefined;
		return simplified(call, isOfReceived ? { receivedMessageId, ...json } : json, simpleFields(call.context.getNode(), isOfReceived));
	} finally {
		await content.close();
	}
}

async function sendOnce(call: OperationCall, options: SendOptions, record: SendRecord): Promise<IDataObject> {
	const { earlier, message } = record;
	record.begun();
	try {
		const sent = await call.client.send(message, {
			...options,
			unsettled: earlier?.state === 'unknown' ? earlier.unsettled : undefined,
			// What this execution has begun goes further than what it was told to continue.
			continueFrom: earlier?.state === 'interrupted' ? earlier.upload : options.continueFrom,
			isOtherMessage: (messageId) => cameWith(call, messageId),
		});
		call.run.hints.addTransfer(sent);
		const json = describeSent(sent, message);
		record.sent(json);
		return json;
	} catch (error) {
		if (isMeshError(error) && error.code === 'MESH_ABORTED') noteStopped(call, error);
		throw record.failed(error);
	}
}

/** Whether the item has a message ID from before: then it is that of another message, whichever worker sent it. */
function cameWith({ context, itemIndex }: OperationCall, messageId: string): boolean {
	return JSON.stringify(context.getInputData()[itemIndex]?.json ?? {}).includes(messageId);
}

function describeSent(sent: SentMessage, message: OutgoingMessage): IDataObject {
	return flat({
		messageId: sent.messageId,
		localId: sent.localId,
		to: visibleRecipient(message.to),
		workflowId: message.workflowId,
		subject: message.subject,
		fileName: message.fileName,
		contentType: message.contentType,
		partnerId: message.partnerId,
		checksum: message.checksum,
		bytes: message.source.size,
		transmittedBytes: sent.transmittedBytes,
		compressed: sent.compressed,
		chunkCount: sent.chunkCount,
		chunkSize: sent.chunkSize,
		settledByTracking: sent.settledByTracking,
	});
}

/** Where a message goes and what it belongs to. */
export type Envelope = Pick<OutgoingMessage, 'to' | 'workflowId' | 'localId'>;

/** The message that the options describe. A checksum reads the content once before it is sent. */
async function readMessage(call: OperationCall, options: IDataObject, envelope: Envelope, source: BinarySource): Promise<OutgoingMessage> {
	return {
		...envelope,
		subject: optionalText(options, 'subject'),
		fileName: optionalText(options, 'fileName') ?? chosenFileName(call, source),
		contentType: optionalText(options, 'contentType') ?? source.mimeType,
		partnerId: optionalText(options, 'partnerId'),
		checksum: await checksum(options, source, call.signal),
		contentEncrypted: options.contentEncrypted === true ? true : undefined,
		contentCompressed: options.contentCompressed === true ? true : undefined,
		source,
	};
}

/** Only on request: names of files often tell who the patient is, and anybody on the way can read them. */
function chosenFileName({ context, itemIndex }: OperationCall, { fileName }: BinarySource): string | undefined {
	const from = context.getNodeParameter('fileNameFrom', itemIndex, 'messageId') ?? 'messageId';
	if (from === 'messageId') return undefined;
	if (from === 'custom') return requiredTextOf(context.getNodeParameter('customFileName', itemIndex), 'customFileName', 'Custom File Name');
	if (from !== 'file') throw invalidInput('fileNameFrom', "'File Name' is not one of its choices", 'Use messageId, file or custom.');
	const own = optionalTextOf(fileName);
	if (own !== undefined) return own;
	throw invalidInput('fileNameFrom', 'The file has no name in n8n', "Set 'File Name' to Custom, or to As Message ID.");
}

/** The user's own, or bare hex as in the examples of MESH: its length tells the algorithm. */
async function checksum(options: IDataObject, source: BinarySource, signal: AbortSignal | undefined): Promise<string | undefined> {
	const algorithm = options.checksum ?? 'none';
	const given = optionalText(options, 'checksumValue');
	if (algorithm === 'none') return given;
	if (given !== undefined)
		throw invalidInput(
			'checksumValue',
			"'Checksum Value' is given, and 'Checksum' asks for one to be made",
			"Set 'Checksum' to None, or leave 'Checksum Value' empty.",
		);
	if (algorithm === 'md5' || algorithm === 'sha256' || algorithm === 'sha384') return await digestOf(source, algorithm, signal);
	throw invalidInput('checksum', "'Checksum' is not one of its choices", 'Use none, md5, sha256 or sha384.');
}

/** How the message is to be sent. @throws MeshError MESH_INVALID_INPUT */
function readSendOptions(options: IDataObject, signal: AbortSignal | undefined): SendOptions {
	const compression = options.compression ?? 'auto';
	if (compression !== 'auto' && compression !== 'always' && compression !== 'never') {
		throw invalidInput('compression', "'Compression' is not one of its choices", 'Use auto, always or never.');
	}
	return {
		signal,
		compression,
		chunkSize: bytesOfMebibytes(options.chunkSize, 'chunkSize', 'Chunk Size'),
		sendAgainWhenNoRecord: options.sendAgainWhenNoRecord === true,
		continueFrom: readUploadState(options.continueUpload),
	};
}

/**
 * Opens what the user chose as content. The caller closes it.
 * @throws MeshError MESH_INVALID_INPUT; NodeOperationError when the item has no such binary field
 */
async function openContent(call: OperationCall): Promise<BinarySource> {
	const { context, itemIndex, run } = call;
	const from = context.getNodeParameter('contentFrom', itemIndex);
	switch (from) {
		case 'binary':
			return notEmpty(await binarySource(context, itemIndex, inputBinary(call), run.hints));
		case 'text':
			return notEmpty(textSource(String(context.getNodeParameter('text', itemIndex) ?? ''), 'text/plain; charset=utf-8'));
		case 'json':
			return notEmpty(textSource(jsonText(context.getNodeParameter('jsonContent', itemIndex)), 'application/json'));
		default:
			throw invalidInput('contentFrom', "'Content' is not one of its choices", 'Use binary, text or json.');
	}
}

/** The name of a field of the item, or, from an expression, a file of any node: n8n checks that it is one. */
function inputBinary({ context, itemIndex }: OperationCall): string | IBinaryData {
	const value: unknown = context.getNodeParameter('binaryPropertyName', itemIndex);
	return typeof value === 'object' && value !== null
		? (value as IBinaryData)
		: requiredTextOf(value, 'binaryPropertyName', 'Input Binary Field');
}

/** An expression gives a value, the editor gives text: that stays as it was typed, because parsing would round long numbers. */
function jsonText(value: unknown): string {
	if (typeof value !== 'string') return JSON.stringify(value) ?? '';
	if (value.trim() !== '') checkJson(value);
	return value;
}

function checkJson(text: string): void {
	try {
		JSON.parse(text);
	} catch {
		throw invalidInput('jsonContent', 'The JSON to send is not valid', "Correct it, or set Content to 'Text' to send it as it is.");
	}
}

function notEmpty(source: BinarySource): BinarySource {
	if (source.size > 0) return source;
	throw invalidInput(
		'contentFrom',
		'The content is empty, and MESH refuses empty messages',
		'Check what the previous node gives for this item.',
	);
}

/**
 * Reads the option Continue Upload: the object that a failed send gave as `error.upload`, or its JSON. Undefined when empty.
 * The client checks that the numbers fit the content.
 * @throws MeshError MESH_INVALID_INPUT
 */
export function readUploadState(value: unknown): UploadState | undefined {
	if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) return undefined;
	const state = typeof value === 'string' ? parse(value) : value;
	if (!isObject(state)) throw notAnUpload();
	if (Object.keys(state).length === 0) return undefined;
	const { messageId, localId, nextChunk, chunkCount, chunkSize, compressed, size, contentDigest, addressDigest } = state;
	if (typeof messageId !== 'string' || typeof compressed !== 'boolean') throw notAnUpload();
	if (typeof nextChunk !== 'number' || typeof chunkCount !== 'number' || typeof chunkSize !== 'number' || typeof size !== 'number')
		throw notAnUpload();
	const texts = Object.entries({ localId, contentDigest, addressDigest }).filter(([, text]) => typeof text === 'string');
	return { messageId, nextChunk, chunkCount, chunkSize, compressed, size, ...Object.fromEntries(texts) };
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw notAnUpload();
	}
}

function notAnUpload() {
	return invalidInput(
		'continueUpload',
		"'Continue Upload' does not hold the state of an upload",
		'Give it exactly what the failed send put out: {{ $json.error.upload }}, or the JSON at the end of the error message. Leave it empty to send a new message.',
	);
}

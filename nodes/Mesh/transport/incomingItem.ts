import type { IBinaryKeyData, IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { MeshError, type IncomingMessage, type TransferTotals } from '../client';
import { checkedBody, type CheckedBody } from './checkedBody';
import type { ChecksumStatus } from './checksum';
import { describeHeaders } from './describeHeaders';
import { messageJson, messageText } from './messageText';
import { safeContentType } from './safeContentType';
import { safeFileName } from './safeFileName';
import { warnAboutStore } from './warnAboutStore';

export { describeHeaders };

export interface IncomingItemSettings {
	/** Where the content goes: a binary property, or `json.content` as text or as parsed JSON. */
	outputAs: 'binary' | 'text' | 'json';
	/** Name of the binary property. */
	binaryProperty: string;
	/** Bytes of content beyond which the message fails. Default: none for files, 100 MiB for text and JSON. */
	maximumBytes?: number;
	/** Chunks beyond which the message is refused. */
	maximumChunks?: number;
	/** Unpacked to transmitted size beyond which the message is refused. */
	maximumCompressionRatio?: number;
	/** `fail` on a mismatch, only `report` it in `checksumStatus`, or do not look (`off`). */
	verifyChecksum: 'fail' | 'report' | 'off';
}

export interface IncomingItem {
	json: IDataObject;
	binary?: IBinaryKeyData;
}

/**
 * Receives a message into an item: the headers flat in `json`, the content streamed into n8n's binary store, or read into
 * `json.content`. When it resolves, every byte has arrived, so the message may be acknowledged; when it rejects, it must
 * not be. Reports have no content. Limits on its size are the download's: see downloadLimits.
 * @throws MeshError of the download; MESH_INTEGRITY on a checksum mismatch, MESH_PROTOCOL for unreadable text
 */
export async function toIncomingItem(context: IExecuteFunctions, message: IncomingMessage, settings: IncomingItemSettings): Promise<IncomingItem> {
	const json = describeHeaders(message.headers);
	if (message.headers.messageType === 'REPORT') {
		await message.discard();
		return { json };
	}
	try {
		return await receive(context, message, settings, json);
	} finally {
		await message.discard(); // gives the connection back when storing failed; does nothing after the end
	}
}

async function receive(context: IExecuteFunctions, message: IncomingMessage, settings: IncomingItemSettings, json: IDataObject): Promise<IncomingItem> {
	const { headers } = message;
	const { messageId } = headers;
	const fileName = safeFileName(headers.fileName, `${messageId}.dat`);
	const { mimeType, charset } = safeContentType(headers.contentType, fileName);
	const inFile = settings.outputAs === 'binary';
	const body = checkedBody(message, settings.verifyChecksum !== 'off');
	if (inFile) {
		const stored = await context.helpers.prepareBinaryData(body.stream, fileName, mimeType);
		const totals = finish(message, body, settings, stored.bytes);
		warnAboutStore(context, stored, message.received?.bytes ?? 0, 'received');
		return { json: { ...json, fileName, ...totals }, binary: { [settings.binaryProperty]: stored } };
	}
	const text = await messageText(messageId, body.stream, charset);
	const totals = finish(message, body, settings);
	const content = settings.outputAs === 'json' ? (messageJson(messageId, text) as IDataObject) : text;
	return { json: { ...json, ...totals, content } };
}

/** What was received, once nothing speaks against it. */
function finish(message: IncomingMessage, body: CheckedBody, settings: IncomingItemSettings, storedBytes?: number): IDataObject {
	const { headers, received } = message;
	const status = body.checksumStatus();
	checkComplete(headers.messageId, received, storedBytes);
	if (status === 'mismatch' && settings.verifyChecksum === 'fail') throw mismatch(headers.messageId);
	return describeTotals(received, status);
}

function describeTotals({ bytes, transmittedBytes }: TransferTotals, checksumStatus: ChecksumStatus | undefined): IDataObject {
	return checksumStatus === undefined ? { bytes, transmittedBytes } : { bytes, transmittedBytes, checksumStatus };
}

/** The last wall before a message may be acknowledged: it has ended, and n8n has stored as much as came. */
function checkComplete(messageId: string, received: TransferTotals | undefined, storedBytes: number | undefined): asserts received is TransferTotals {
	if (received !== undefined && (storedBytes === undefined || storedBytes === received.bytes)) return;
	throw new MeshError(`The content of message ${messageId} was not stored completely`, {
		code: 'MESH_INTEGRITY',
		messageId,
		temporary: true,
		hint: "The message was not acknowledged and is still in the inbox. Check the free space and the health of n8n's binary data store, then run again.",
	});
}

function mismatch(messageId: string): MeshError {
	return new MeshError(`The content of message ${messageId} does not match the checksum that its sender gave`, {
		code: 'MESH_INTEGRITY',
		messageId,
		temporary: false,
		hint: "The message was not acknowledged and is still in the inbox. Ask the sender to send it again, or set Verify Checksum to 'Report Only' if their checksum is known to be of something else.",
	});
}

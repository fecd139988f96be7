import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import type { IBinaryKeyData, IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { MeshError, isMeshError, notStored, readChecksum, runtime } from '../client';
import type { IncomingMessage, TransferTotals } from '../client';
import type { RunHints } from './hints';
import { describeHeaders } from './itemJson';
import { safeContentType, safeFileName } from './safeNames';

export interface IncomingItemSettings {
	/** Where the content goes: a binary property, or `json.content` as text or as parsed JSON. */
	outputAs: 'binary' | 'text' | 'json';
	/** Name of the binary property. */
	binaryProperty: string;
	/** Bytes of content beyond which the message fails. Default: none for files, 100 MiB for text and JSON. */
	maximumBytes?: number;
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
 * @throws MeshError of the download; MESH_STORAGE when n8n could not store it, MESH_INTEGRITY on a checksum mismatch, MESH_PROTOCOL for
 * unreadable text
 */
export async function toIncomingItem(
	context: IExecuteFunctions,
	message: IncomingMessage,
	settings: IncomingItemSettings,
	hints: RunHints,
): Promise<IncomingItem> {
	const json = { ...describeHeaders(message.headers, context.getNode()), receivedAt: new Date(runtime.now()).toISOString() };
	if (message.headers.messageType === 'REPORT') {
		await message.discard();
		return { json };
	}
	try {
		return await receive(context, message, settings, { json, hints });
	} finally {
		await message.discard(); // gives the connection back when storing failed; does nothing after the end
	}
}

async function receive(
	context: IExecuteFunctions,
	message: IncomingMessage,
	settings: IncomingItemSettings,
	{ json, hints }: { json: IDataObject; hints: RunHints },
): Promise<IncomingItem> {
	const { headers } = message;
	const { messageId } = headers;
	const fileName = safeFileName(headers.fileName, `${messageId}.dat`);
	const { mimeType, charset } = safeContentType(headers.contentType, fileName);
	const inFile = settings.outputAs === 'binary';
	const body = checkedBody(message, settings.verifyChecksum !== 'off');
	if (inFile) {
		const stored = await context.helpers.prepareBinaryData(body.stream, fileName, mimeType).catch((error: unknown) => {
			throw notStored(messageId, isMeshError(message.body.errored) ? message.body.errored : error); // what broke off the download comes first
		});
		const totals = finish(message, body, settings, stored.bytes);
		hints.warnAboutStore(stored, message.received?.bytes ?? 0, 'received');
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
function checkComplete(
	messageId: string,
	received: TransferTotals | undefined,
	storedBytes: number | undefined,
): asserts received is TransferTotals {
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

/** Content of a message that is checked while it flows. */
interface CheckedBody {
	/** Fails where the message's own body fails. */
	stream: Readable;
	/** Valid once `stream` has ended; undefined when the checksum was not to be compared. */
	checksumStatus(): ChecksumStatus | undefined;
}

/** Watches the body pass by for the sender's checksum; where there is nothing to compare, the body itself is handed on. */
function checkedBody(message: IncomingMessage, checksum: boolean): CheckedBody {
	const announced = message.headers.checksum;
	const known = checksum && announced !== undefined ? readChecksum(announced) : undefined;
	const hash = known && createHash(known.algorithm);
	const stream = hash === undefined ? message.body : Readable.from(hashed(message.body, hash), { objectMode: false });
	let digest: string | undefined;
	return {
		stream,
		checksumStatus() {
			if (!checksum) return undefined;
			if (announced === undefined) return 'absent';
			if (known === undefined) return 'notRecognised';
			digest ??= hash?.digest('hex');
			return digest === known.digest ? 'verified' : 'mismatch';
		},
	};
}

async function* hashed(body: Readable, hash: Hash): AsyncGenerator<Uint8Array, void, void> {
	for await (const bytes of body as AsyncIterable<Uint8Array>) {
		hash.update(bytes);
		yield bytes;
	}
}

/** What became of the sender's checksum (`mex-content-checksum`). MESH passes it on and never checks it. */
type ChecksumStatus = 'verified' | 'mismatch' | 'absent' | 'notRecognised';

/**
 * Reads content as text, in the charset that the sender declared, UTF-8 when there is none. A byte order mark is dropped.
 * @throws MeshError MESH_PROTOCOL when bytes are not valid in that charset: replaced characters would alter the content
 */
async function messageText(messageId: string, body: Readable, charset = 'utf-8'): Promise<string> {
	const decoder = makeDecoder(messageId, charset);
	const parts: string[] = [];
	for await (const bytes of body as AsyncIterable<Uint8Array>)
		parts.push(decode(messageId, charset, () => decoder.decode(bytes, { stream: true })));
	parts.push(decode(messageId, charset, () => decoder.decode()));
	return parts.join('');
}

/** @throws MeshError MESH_PROTOCOL; its text quotes nothing of the content */
function messageJson(messageId: string, text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw unreadable(messageId, 'is not valid JSON', "output it as a binary file or as text instead ('Put Content In').");
	}
}

function makeDecoder(messageId: string, charset: string): TextDecoder {
	try {
		return new TextDecoder(charset, { fatal: true });
	} catch {
		throw unreadable(messageId, `declares the charset "${charset}", which cannot be decoded here`, 'output it as a binary file instead.');
	}
}

function decode(messageId: string, charset: string, read: () => string): string {
	try {
		return read();
	} catch {
		throw unreadable(messageId, `is not text in ${charset}`, 'output it as a binary file instead, which keeps every byte.');
	}
}

function unreadable(messageId: string, what: string, instead: string): MeshError {
	return new MeshError(`The content of message ${messageId} ${what}`, {
		code: 'MESH_PROTOCOL',
		messageId,
		temporary: false,
		hint: `The message was not acknowledged; ${instead}`,
	});
}

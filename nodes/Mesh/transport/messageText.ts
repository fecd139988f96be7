import type { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { MeshError } from '../client';

/**
 * Reads content as text, in the charset that the sender declared, UTF-8 when there is none. A byte order mark is dropped.
 * @throws MeshError MESH_PROTOCOL when bytes are not valid in that charset: replaced characters would alter the content
 */
export async function messageText(messageId: string, body: Readable, charset = 'utf-8'): Promise<string> {
	const decoder = makeDecoder(messageId, charset);
	const parts: string[] = [];
	for await (const bytes of body as AsyncIterable<Uint8Array>) parts.push(decode(messageId, charset, () => decoder.decode(bytes, { stream: true })));
	parts.push(decode(messageId, charset, () => decoder.decode()));
	return parts.join('');
}

/** @throws MeshError MESH_PROTOCOL; its text quotes nothing of the content */
export function messageJson(messageId: string, text: string): unknown {
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

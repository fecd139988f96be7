import { contradiction } from './answers';
import { endpoints } from './endpoints';
import { exchange } from './exchange';
import type { CallOptions, MeshConnection } from './exchange';
import { headerOf } from './http/response';
import type { ResponseHeaders } from './http/response';
import { checkMessageId, isSameMessage, parseMeshTime } from './values';
import type { Redact } from './redaction';

/** The `mex-*` headers of a message, parsed. Absent headers are absent properties. */
export interface MessageHeaders {
	messageId: string;
	messageType: MessageType;
	/** Sender's mailbox ID; absent on reports. */
	from?: string;
	to?: string;
	workflowId?: string;
	subject?: string;
	localId?: string;
	partnerId?: string;
	/** As received: untrusted, sanitise before use as a path. */
	fileName?: string;
	/** Declared by the sender (`mex-content-type`, else `content-type`). */
	contentType?: string;
	checksum?: string;
	/** The sender's flag: the content itself is encrypted. */
	contentEncrypted: boolean;
	/** The sender's flag or a sign of transfer compression: never decide decoding by it. */
	contentCompressed: boolean;
	chunkCount: number;
	statusCode?: string;
	statusEvent?: string;
	statusDescription?: string;
	/** False only when MESH says `ERROR`. */
	statusSuccess?: boolean;
	statusTimestamp?: Date;
	/** On reports: the message that failed. */
	linkedMessageId?: string;
}

// ---- messages ------------------------------------------------------------------------------------------------------

/** DATA carries content; REPORT is a non-delivery report (no body, facts in the headers). */
export type MessageType = 'DATA' | 'REPORT';

/**
 * The headers of a message as MESH sends them with HEAD or with the first chunk (MESH API, download message). `redact` cleans
 * what MESH says about a failure: a report may quote the address that it failed for.
 */
export function parseMessageHeaders(headers: ResponseHeaders, requestedId: string, redact: Redact = (text) => text): MessageHeaders {
	const text = (name: string) => headerText(headers, name);
	const said = (name: string) => {
		const found = text(name);
		return found && redact(found);
	};
	const messageType: MessageType = /^report$/i.test(text('mex-messagetype') ?? '') ? 'REPORT' : 'DATA';
	const success = text('mex-statussuccess');
	return withoutUndefined({
		messageId: text('mex-messageid') ?? requestedId,
		messageType,
		from: text('mex-from'),
		to: text('mex-to'),
		workflowId: text('mex-workflowid'),
		subject: text('mex-subject'),
		localId: text('mex-localid'),
		partnerId: text('mex-partnerid'),
		fileName: text('mex-filename'),
		contentType: text('mex-content-type') ?? (messageType === 'DATA' ? text('content-type') : undefined),
		checksum: text('mex-content-checksum'),
		contentEncrypted: isYes(text('mex-content-encrypted')),
		contentCompressed: isYes(text('mex-content-compressed')),
		chunkCount: messageType === 'REPORT' ? 0 : parseChunkRange(text('mex-chunk-range'))?.total || 1,
		statusCode: said('mex-statuscode'),
		statusEvent: said('mex-statusevent'),
		statusDescription: said('mex-statusdescription'),
		statusSuccess: success === undefined ? undefined : !/^error$/i.test(success),
		statusTimestamp: parseMeshTime(text('mex-statustimestamp')),
		linkedMessageId: text('mex-linkedmsgid'),
	});
}

/** Old clients send `TRUE`. */
function isYes(value: string | undefined): boolean {
	return value !== undefined && /^(y|yes|t|true|on|1)$/i.test(value);
}

/** The value without control characters, which no client of MESH may send; empty counts as absent. */
function headerText(headers: ResponseHeaders, name: string): string | undefined {
	const value = headerOf(headers, name)
		// eslint-disable-next-line no-control-regex
		?.replace(/[\u0000-\u001f\u007f]/g, '')
		.trim();
	return value === '' ? undefined : value;
}

function withoutUndefined<T extends object>(value: T): T {
	for (const name of Object.keys(value) as Array<keyof T>) if (value[name] === undefined) delete value[name];
	return value;
}

/** A `mex-chunk-range`: this chunk and how many there are. A report has `1:0`. */
export interface ChunkRange {
	chunk: number;
	total: number;
}

/** `undefined` when absent or not of the form `a:b` with plain numbers; braces around it are tolerated, as some have seen them. */
export function parseChunkRange(value: string | undefined): ChunkRange | undefined {
	const match = /^\s*\{?\s*(\d{1,9})\s*:\s*(\d{1,9})\s*\}?\s*$/.exec(value ?? '');
	return match ? { chunk: Number(match[1]), total: Number(match[2]) } : undefined;
}

/** The headers of a message without its content (MESH API, HEAD message). The sender may ask too, under its own mailbox. */
export async function getHeaders(connection: MeshConnection, messageId: string, options: CallOptions = {}): Promise<MessageHeaders> {
	const id = checkMessageId(messageId);
	return await exchange(connection, {
		call: 'get the headers of the message',
		method: 'HEAD',
		path: endpoints.message(connection.settings.mailboxId, id),
		repeat: 'read',
		signal: options.signal,
		messageId: id,
		success: {
			form: 'message',
			async read({ headers, body }) {
				await body.drain();
				const message = parseMessageHeaders(headers, id, connection.settings.redact);
				if (!isSameMessage(message.messageId, id)) throw contradiction('the answer is about another message');
				return message;
			},
		},
	});
}

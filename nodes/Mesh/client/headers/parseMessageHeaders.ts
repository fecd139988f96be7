import type { Redact } from '../failures/redacted';
import { headerOf } from '../http/types';
import type { ResponseHeaders } from '../http/types';
import { parseMeshTime } from '../tracking/meshTime';
import type { MessageHeaders, MessageType } from '../types';
import { parseChunkRange } from './chunkRange';

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
		chunkCount: messageType === 'REPORT' ? 0 : (parseChunkRange(text('mex-chunk-range'))?.total || 1),
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
	// eslint-disable-next-line no-control-regex
	const value = headerOf(headers, name)?.replace(/[\u0000-\u001f\u007f]/g, '').trim();
	return value === '' ? undefined : value;
}

function withoutUndefined<T extends object>(value: T): T {
	for (const name of Object.keys(value) as Array<keyof T>) if (value[name] === undefined) delete value[name];
	return value;
}

import { createHash } from 'node:crypto';
import type { Behaviour } from '../contract/behaviour';
import type { MessageView } from '../contract/messages';
import { failureEvent, fileNameOf, lastEvent, storedBytes } from '../store/storedMessage';
import type { StoredMessage } from '../store/storedMessage';
import { compactTime, httpTime } from './times';

/** A message as tests and admin calls see it: a copy, safe to keep. */
export function messageView(message: StoredMessage, expiresAt: number, behaviour: Behaviour): MessageView {
	const failure = failureEvent(message);
	return {
		messageId: message.id,
		type: message.type,
		status: message.status,
		from: message.from,
		to: message.to,
		workflowId: message.workflowId,
		localId: message.localId,
		subject: message.subject,
		fileName: fileNameOf(message),
		checksum: message.checksum,
		partnerId: message.partnerId,
		contentType: message.contentType,
		encrypted: message.encrypted,
		compressed: message.compressed,
		contentEncoding: message.gzip ? 'gzip' : undefined,
		linkedMessageId: message.linkedMessageId ?? failure?.linkedMessageId,
		statusCode: failure?.code,
		statusDescription: failure?.description,
		chunkCount: message.totalChunks,
		chunks: Object.keys(message.chunkBytes)
			.map(Number)
			.sort((a, b) => a - b),
		bytes: storedBytes(message),
		headers: downloadHeaders(message, 1, message.gzip, behaviour),
		history: message.history.map((event) => ({ ...event })),
		createdAt: message.createdAt,
		expiresAt,
	};
}

/** The headers that say everything about a message (MESH API, download message). `servedGzip`: this body goes out compressed. */
export function downloadHeaders(message: StoredMessage, chunk: number, servedGzip: boolean, behaviour: Behaviour): Record<string, string> {
	const asNhsSandbox = behaviour.answers === 'nhsSandbox';
	const hasAdditional = behaviour.additionalHeaders === 'sent';
	const isReport = message.type === 'REPORT';
	const failure = isReport || message.status === 'error' ? failureEvent(message) : undefined;
	const at = failure?.at ?? message.acceptedAt ?? lastEvent(message).at;
	const to = isReport && behaviour.reportTo === 'failedReceiver' ? message.failedReceiver || message.to : message.to;
	const headers: Record<string, string | undefined> = {
		'mex-messageid': message.id,
		'mex-messagetype': message.type,
		'mex-from': message.from,
		'mex-to': to,
		'mex-workflowid': message.workflowId,
		'mex-chunk-range': isReport ? '1:0' : `${chunk}:${message.totalChunks}`,
		'mex-total-chunks': hasAdditional ? String(message.totalChunks) : undefined,
		'mex-filename': fileNameOf(message),
		'mex-subject': message.subject,
		'mex-localid': message.localId,
		'mex-partnerid': hasAdditional ? message.partnerId : undefined,
		'mex-content-checksum': message.checksum,
		'mex-content-encrypted': message.encrypted ? 'Y' : undefined,
		'mex-content-compressed': message.compressed || servedGzip ? 'Y' : undefined,
		'mex-content-type': hasAdditional ? message.contentType : undefined,
		'mex-addresstype': 'ALL',
		'mex-version': '1.0',
		'mex-statuscode': isReport || failure ? failure?.code : '00',
		'mex-statusevent': isReport || failure ? failure?.event : 'TRANSFER',
		'mex-statusdescription': isReport || failure ? failure?.description : 'Transferred to recipient mailbox',
		'mex-statussuccess': isReport || failure ? 'ERROR' : 'SUCCESS',
		'mex-statustimestamp': compactTime(at),
		'mex-linkedmsgid': isReport ? message.linkedMessageId : failure?.linkedMessageId,
		etag: asNhsSandbox
			? undefined
			: `"${createHash('sha1')
					.update(`${message.id}/${chunk}/${message.chunkBytes[chunk] ?? 0}`)
					.digest('hex')}"`,
		'last-modified': httpTime(at, asNhsSandbox ? 'UTC' : 'GMT'),
		'content-encoding': servedGzip ? 'gzip' : undefined,
	};
	return withoutEmpty(headers);
}

/** What Node would refuse to send (0x7F) is dropped. */
const sendable = (value = '') => value.replace(/[^\t\x20-\x7e\x80-\xff]/g, '');

/** Empty values are left out. */
function withoutEmpty(headers: Record<string, string | undefined>): Record<string, string> {
	const kept: Record<string, string> = {};
	for (const [name, value] of Object.entries(headers)) {
		const text = sendable(value);
		if (text) kept[name] = text;
	}
	return kept;
}

/** Content type of a download: as declared by the sender, but only in v2 and for single-chunk messages, else plain bytes. */
export function downloadContentType(message: StoredMessage, version: number, behaviour: Behaviour): string {
	const declared = sendable(message.contentType);
	if (version < 2 || message.totalChunks !== 1 || !declared) return 'application/octet-stream';
	const addsCharset = behaviour.answers === 'nhsSandbox' && /^text\/[^;]+$/.test(declared);
	return addsCharset ? `${declared}; charset=utf-8` : declared;
}

import type { Behaviour } from '../contract/behaviour';
import type { MessageView } from '../contract/messages';
import { failureEvent, fileNameOf, storedBytes, type StoredMessage } from '../store/storedMessage';
import { downloadHeaders } from './downloadHeaders';

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
		chunks: Object.keys(message.chunkBytes).map(Number).sort((a, b) => a - b),
		bytes: storedBytes(message),
		headers: downloadHeaders(message, 1, message.gzip, behaviour),
		history: message.history.map((event) => ({ ...event })),
		createdAt: message.createdAt,
		expiresAt,
	};
}

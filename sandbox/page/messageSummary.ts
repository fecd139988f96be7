import type { MessageStatus, MessageType } from '../contract/messages';
import type { SandboxContext } from '../server/context';
import { failureEvent, fileNameOf, storedBytes, type StoredMessage } from '../store/storedMessage';

/** One line of an inbox or outbox. */
export interface MessageSummary {
	messageId: string;
	type: MessageType;
	status: MessageStatus;
	/** `delayed`: accepted, but not in the inbox yet. */
	shownStatus: MessageStatus | 'delayed';
	/** Empty on a report. */
	from: string;
	to: string;
	workflowId: string;
	subject?: string;
	fileName: string;
	/** As stored. */
	bytes: number;
	/** Declared, 0 on a report. */
	chunkCount: number;
	/** Chunks that have arrived. */
	chunksReceived: number;
	/** Why it failed, or what the report says. */
	reason?: string;
	/** Whether its sender got a report about its failure. */
	reported: boolean;
	createdAt: number;
}

export function messageSummary({ office }: SandboxContext, message: StoredMessage): MessageSummary {
	const failure = failureEvent(message);
	return {
		messageId: message.id,
		type: message.type,
		status: message.status,
		shownStatus: message.status === 'accepted' && !office.isDelivered(message) ? 'delayed' : message.status,
		from: message.from,
		to: message.to,
		workflowId: message.workflowId,
		subject: message.subject,
		fileName: fileNameOf(message),
		bytes: storedBytes(message),
		chunkCount: message.totalChunks,
		chunksReceived: Object.keys(message.chunkBytes).length,
		reason: failure && [failure.code, failure.description].filter(Boolean).join(': '),
		reported: message.type === 'DATA' && failure?.linkedMessageId !== undefined,
		createdAt: message.createdAt,
	};
}

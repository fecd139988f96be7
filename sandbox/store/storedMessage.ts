import type { MessageStatus, MessageType, StatusEvent } from '../contract/messages';

/** What is known of a message besides its bytes; plain data, kept in the journal as it is. */
export interface StoredMessage {
	id: string;
	type: MessageType;
	/** Empty on a report. */
	from: string;
	to: string;
	/** On a report: who the failed message was for. */
	failedReceiver?: string;
	status: MessageStatus;
	workflowId: string;
	localId?: string;
	subject?: string;
	fileName?: string;
	checksum?: string;
	partnerId?: string;
	/** The sender's mex-content-type, else its content-type. */
	contentType?: string;
	encrypted: boolean;
	compressed: boolean;
	gzip: boolean;
	/** 0 on a report. */
	totalChunks: number;
	/** Stored size by chunk number. */
	chunkBytes: Record<number, number>;
	history: StatusEvent[];
	createdAt: number;
	/** Order of acceptance within the whole sandbox. */
	sequence?: number;
	acceptedAt?: number;
	/** When it shows, or showed, in the inbox. */
	deliverAt?: number;
	acknowledgedAt?: number;
	linkedMessageId?: string;
	/** What will go wrong as soon as all content is there. */
	pendingFailure?: Failure;
}

/** Why a message failed, as its report tells it. */
export interface Failure {
	event: string;
	code: string;
	text: string;
}

/** What a sender may say about a message. */
export type MessageMetadata = Pick<
	StoredMessage,
	| 'from'
	| 'to'
	| 'workflowId'
	| 'localId'
	| 'subject'
	| 'fileName'
	| 'checksum'
	| 'partnerId'
	| 'contentType'
	| 'encrypted'
	| 'compressed'
	| 'gzip'
	| 'totalChunks'
>;

/** The latest event, which every message has. */
export const lastEvent = (message: StoredMessage): StatusEvent => message.history[message.history.length - 1];

/** The event that says what went wrong: what a report tells, or why a message is in error or undeliverable as long as it is. */
export function failureEvent(message: StoredMessage): StatusEvent | undefined {
	if (message.type === 'REPORT')
		return [...message.history].reverse().find((event) => event.status === 'error' || event.code !== undefined);
	return message.status === 'error' || message.status === 'undeliverable' ? lastEvent(message) : undefined;
}

/** Bytes of all chunks as stored. */
export const storedBytes = (message: StoredMessage): number => Object.values(message.chunkBytes).reduce((sum, bytes) => sum + bytes, 0);

export const fileNameOf = (message: StoredMessage): string => message.fileName || `${message.id}.dat`;

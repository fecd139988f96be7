export type MessageStatus = 'uploading' | 'accepted' | 'acknowledged' | 'undeliverable' | 'error';

export type MessageType = 'DATA' | 'REPORT';

/** One step in the life of a message. Times are sandbox time in milliseconds since the epoch. */
export interface StatusEvent {
	status: MessageStatus;
	at: number;
	event?: string;
	code?: string;
	description?: string;
	linkedMessageId?: string;
}

/** A message as tests and admin calls see it. */
export interface MessageView {
	messageId: string;
	type: MessageType;
	status: MessageStatus;
	/** Empty on a report. */
	from: string;
	to: string;
	workflowId: string;
	localId?: string;
	subject?: string;
	fileName: string;
	checksum?: string;
	partnerId?: string;
	contentType?: string;
	encrypted: boolean;
	compressed: boolean;
	/** As transmitted. */
	contentEncoding?: 'gzip';
	linkedMessageId?: string;
	/** What the report or the failure says. */
	statusCode?: string;
	statusDescription?: string;
	/** Declared by the first chunk; 0 on a report. */
	chunkCount: number;
	/** Numbers of the chunks that have arrived, ascending. */
	chunks: number[];
	/** As stored. */
	bytes: number;
	/** The headers a download of the first chunk carries, lower-case names. */
	headers: Record<string, string>;
	history: StatusEvent[];
	createdAt: number;
	/** When an undelivered message expires. */
	expiresAt: number;
}

/** A message put into a mailbox without an HTTP request. */
export interface MessageToPut {
	to: string;
	/** Default: the first mailbox that is not the recipient. */
	from?: string;
	/** Default `TEST_WORKFLOW`. */
	workflowId?: string;
	/** An array is one element per chunk. */
	content: Buffer | string | Array<Buffer | string>;
	/** Compress each chunk and label it so. */
	gzip?: boolean;
	subject?: string;
	localId?: string;
	fileName?: string;
	contentType?: string;
	checksum?: string;
	partnerId?: string;
	encrypted?: boolean;
	compressed?: boolean;
}

/** A non-delivery report put into a mailbox. */
export interface ReportToPut {
	to: string;
	linkedMessageId?: string;
	workflowId?: string;
	localId?: string;
	subject?: string;
	fileName?: string;
	/** Default `SEND`. */
	event?: string;
	/** Default `14`. */
	code?: string;
	/** Default: the text of code 14. */
	description?: string;
}

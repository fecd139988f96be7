import type {
	CallOptions, DirectoryEntry, DownloadOptions, Handshake, IncomingMessage, InboxPage, InboxQuery, LocalIdTracking,
	MeshClientOptions, MessageHeaders, OutgoingMessage, SendOptions, SentMessage, TrackingRecord,
} from './types';

/**
 * A client of the MESH API v2 for one mailbox. Every method throws `MeshError`. Close it when it is no longer needed.
 */
export declare class MeshClient {
	readonly mailboxId: string;
	constructor(options: MeshClientOptions);
	handshake(options?: CallOptions): Promise<Handshake>;
	countMessages(options?: CallOptions): Promise<number>;
	/** Pages of the inbox, oldest message first, until MESH names no further page. */
	listInbox(query?: InboxQuery, options?: CallOptions): AsyncGenerator<InboxPage, void, void>;
	getHeaders(messageId: string, options?: CallOptions): Promise<MessageHeaders>;
	/** Resolves when the headers of the first chunk are there; the content follows in `body`. */
	download(messageId: string, options?: DownloadOptions): Promise<IncomingMessage>;
	acknowledge(messageId: string, options?: CallOptions): Promise<void>;
	send(message: OutgoingMessage, options?: SendOptions): Promise<SentMessage>;
	track(messageId: string, options?: CallOptions): Promise<TrackingRecord>;
	trackByLocalId(localId: string, options?: CallOptions): Promise<LocalIdTracking>;
	lookUpMailboxes(odsCode: string, workflowId: string, options?: CallOptions): Promise<DirectoryEntry[]>;
	searchByWorkflow(workflowId: string, options?: CallOptions): Promise<DirectoryEntry[]>;
	/** Lets running calls finish, then closes the connections. */
	close(): Promise<void>;
}

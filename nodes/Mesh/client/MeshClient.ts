import { acknowledge } from './calls/acknowledge';
import { countMessages } from './calls/countMessages';
import { lookUpMailboxes, searchByWorkflow } from './calls/directory';
import { download } from './calls/download';
import { getHeaders } from './calls/getHeaders';
import { handshake } from './calls/handshake';
import { listInbox } from './calls/listInbox';
import { send } from './calls/send';
import { track } from './calls/track';
import { trackByLocalId } from './calls/trackByLocalId';
import type { MeshConnection } from './connection';
import { isNhsServer } from './credentials/nhsServer';
import { openConnection } from './openConnection';
import { RunningCalls } from './runningCalls';
import type {
	CallOptions, DirectoryEntry, DownloadOptions, Handshake, IncomingMessage, InboxPage, InboxQuery, LocalIdTracking,
	MeshClientOptions, MessageHeaders, OutgoingMessage, SendOptions, SentMessage, TrackingRecord,
} from './types';

/**
 * A client of the MESH API v2 for one mailbox, over one pool of connections. Every method throws `MeshError`. Close it when it
 * is no longer needed. The constructor checks the credential and opens nothing; it throws `MESH_INVALID_CREDENTIAL`.
 */
export class MeshClient {
	readonly mailboxId: string;
	/** False for a test server, to which the rules of the NHS do not apply. */
	readonly isNhsServer: boolean;
	readonly #connection: MeshConnection;
	readonly #running = new RunningCalls();

	constructor(options: MeshClientOptions) {
		this.#connection = openConnection(options);
		const { mailboxId, origin } = this.#connection.settings;
		this.mailboxId = mailboxId;
		this.isNhsServer = isNhsServer(origin);
	}

	/** Validates the mailbox; due once a day. */
	async handshake(options?: CallOptions): Promise<Handshake> {
		return await this.#running.run(() => handshake(this.#connection, options));
	}

	async countMessages(options?: CallOptions): Promise<number> {
		return await this.#running.run(() => countMessages(this.#connection, options));
	}

	/** Pages of the inbox, oldest message first, until MESH names no further page. */
	listInbox(query?: InboxQuery, options?: CallOptions): AsyncGenerator<InboxPage, void, void> {
		return this.#running.pages(listInbox(this.#connection, query, options));
	}

	async getHeaders(messageId: string, options?: CallOptions): Promise<MessageHeaders> {
		return await this.#running.run(() => getHeaders(this.#connection, messageId, options));
	}

	/** Resolves when the headers of the first chunk are there; the content follows in `body`. */
	async download(messageId: string, options?: DownloadOptions): Promise<IncomingMessage> {
		return await this.#running.untilClosed(() => download(this.#connection, messageId, options));
	}

	/** Removes the message from the inbox for good: only after it is safely stored. */
	async acknowledge(messageId: string, options?: CallOptions): Promise<void> {
		await this.#running.run(() => acknowledge(this.#connection, messageId, options));
	}

	async send(message: OutgoingMessage, options?: SendOptions): Promise<SentMessage> {
		return await this.#running.run(() => send(this.#connection, message, options));
	}

	async track(messageId: string, options?: CallOptions): Promise<TrackingRecord> {
		return await this.#running.run(() => track(this.#connection, messageId, options));
	}

	async trackByLocalId(localId: string, options?: CallOptions): Promise<LocalIdTracking> {
		return await this.#running.run(() => trackByLocalId(this.#connection, localId, options));
	}

	async lookUpMailboxes(odsCode: string, workflowId: string, options?: CallOptions): Promise<DirectoryEntry[]> {
		return await this.#running.run(() => lookUpMailboxes(this.#connection, odsCode, workflowId, options));
	}

	async searchByWorkflow(workflowId: string, options?: CallOptions): Promise<DirectoryEntry[]> {
		return await this.#running.run(() => searchByWorkflow(this.#connection, workflowId, options));
	}

	/** True while a call or a download is under way. */
	get busy(): boolean {
		return this.#running.count > 0;
	}

	/** Lets running calls finish, then closes the connections. A later call opens new ones. */
	async close(): Promise<void> {
		await this.#running.idle();
		await this.#connection.transport.close();
	}
}

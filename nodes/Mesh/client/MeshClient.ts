import { secureContextOf } from './certificates/tlsMaterial';
import { download } from './download/download';
import type { DownloadOptions, IncomingMessage } from './download/download';
import { silentLogger } from './exchange';
import type { CallOptions, MeshConnection } from './exchange';
import { undiciTransport } from './http/pool';
import { acknowledge, listInbox } from './inbox';
import type { InboxPage, InboxQuery } from './inbox';
import { countMessages, handshake, lookUpMailboxes, searchByWorkflow } from './mailbox';
import type { DirectoryEntry, Handshake } from './mailbox';
import { getHeaders } from './messageHeaders';
import type { MessageHeaders } from './messageHeaders';
import { isMeshError } from './errors';
import { redactedError, redactedLogger } from './redaction';
import type { Redact } from './redaction';
import { runtime } from './runtime';
import type { MeshRuntime } from './runtime';
import type { SendOptions } from './send/chunkPlan';
import type { OutgoingMessage } from './send/headers';
import { addressDigest } from './send/sameMessage';
import { send } from './send/send';
import type { SentMessage } from './send/send';
import { checkSettings, isNhsServer } from './settings';
import type { MeshClientOptions } from './settings';
import { track, trackByLocalId } from './tracking';
import type { LocalIdTracking, TrackingRecord } from './tracking';

/**
 * A client of the MESH API v2 for one mailbox, over one pool of connections. Every method throws `MeshError`. Close it when it
 * is no longer needed. The constructor checks the credential and opens nothing; it throws `MESH_INVALID_CREDENTIAL`.
 */
export class MeshClient {
	readonly mailboxId: string;
	/** Scheme, host and port. */
	readonly origin: string;
	/** False for a test server, to which the rules of the NHS do not apply. */
	readonly isNhsServer: boolean;
	readonly #connection: MeshConnection;
	readonly #running: RunningCalls;

	constructor(options: MeshClientOptions) {
		this.#connection = openConnection(options);
		const { mailboxId, origin, redact } = this.#connection.settings;
		this.#running = new RunningCalls(redact);
		this.mailboxId = mailboxId;
		this.origin = origin;
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

	/** Tells whether two messages go to the same recipient under the same workflow ID, without holding either. */
	addressDigest(message: Pick<OutgoingMessage, 'to' | 'workflowId'>): string {
		return addressDigest(this.#connection.settings, message);
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

/** Counts what is under way, so that closing can wait for it. Failures leave without what must not be shown. */
class RunningCalls {
	count = 0;
	#waiting: Array<() => void> = [];

	constructor(private readonly redact: Redact) {}

	async run<T>(call: () => Promise<T>): Promise<T> {
		this.count++;
		try {
			return await call();
		} catch (error) {
			throw isMeshError(error) ? redactedError(error, this.redact) : error;
		} finally {
			this.#done();
		}
	}

	/** A download is under way until its body is closed. */
	async untilClosed(call: () => Promise<IncomingMessage>): Promise<IncomingMessage> {
		return await this.run(async () => {
			const message = await call();
			this.count++;
			message.body.once('close', () => this.#done());
			return message;
		});
	}

	/** A page counts while it is fetched, not while its reader works on it: a reader may never ask for the next one. */
	async *pages<T>(pages: AsyncGenerator<T, void, void>): AsyncGenerator<T, void, void> {
		for (;;) {
			const { done, value } = await this.run(() => pages.next());
			if (done) return;
			yield value;
		}
	}

	/** Resolves when nothing is under way. */
	async idle(): Promise<void> {
		if (this.count > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	#done(): void {
		this.count--;
		if (this.count > 0) return;
		const waiting = this.#waiting;
		this.#waiting = [];
		for (const resolve of waiting) resolve();
	}
}

/** Checks everything about a credential that can be checked without a request. Throws `MESH_INVALID_CREDENTIAL`. */
function openConnection(options: MeshClientOptions): MeshConnection {
	const settings = checkSettings(options);
	const own: MeshRuntime = { ...runtime, ...options.runtime };
	const isHttps = settings.origin.startsWith('https:');
	return {
		settings,
		transport: undiciTransport({
			origin: settings.origin,
			secureContext: isHttps ? secureContextOf(options.tls, settings.mailboxId) : undefined,
			ignoreSslIssues: options.tls.ignoreSslIssues ?? false,
			timeouts: settings.timeouts,
			after: own.after,
			mailbox: `${settings.mailboxId} ${settings.origin}`,
			connections: settings.connections,
			environment: options.environment,
		}),
		runtime: own,
		logger: options.logger ? redactedLogger(options.logger, settings.redact) : silentLogger,
	};
}

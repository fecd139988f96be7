/**
 * The vocabulary of the MESH client: what goes in, what comes out. Plain data, no behaviour.
 * Names are MESH's own (MESH API v2), in camelCase; times are `Date`, sizes are bytes, durations are milliseconds.
 */

/** The certificate material of one mailbox, already in the form Node's TLS takes (see certificates/). */
export interface TlsMaterial {
	/** PEM: the client certificate, then any intermediate certificates. */
	certificate?: string;
	/** PEM private key that belongs to `certificate`. */
	privateKey?: string;
	/** PKCS#12 bundle instead of `certificate` and `privateKey`. */
	pkcs12?: Buffer;
	/** Passphrase of `privateKey` or `pkcs12`. */
	passphrase?: string;
	/** PEM certificates to trust instead of Node's default store (NHS servers are signed by private NHS authorities). */
	certificateAuthorities?: string;
	/** Only ever true on a Custom URL, and refused for hosts of the NHS: accept any server certificate. */
	ignoreServerCertificate?: boolean;
}

/** Destination for one-line log records; never receives a secret or message content. */
export interface MeshLogger {
	debug(message: string, details?: Record<string, unknown>): void;
	info(message: string, details?: Record<string, unknown>): void;
	warn(message: string, details?: Record<string, unknown>): void;
}

/** What tests replace: time, identifiers and waiting. */
export interface MeshRuntime {
	/** Now, in milliseconds since the epoch. */
	now(): number;
	/** A fresh GUID: nonces and local IDs. */
	uuid(): string;
	/** In [0, 1): the jitter of retries. */
	random(): number;
	/** Waits; rejects at once when the signal aborts. */
	sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Everything a client needs for one mailbox. */
export interface MeshClientOptions {
	/** Scheme, host and optional port, such as `https://msg.intspineservices.nhs.uk`; a trailing slash is removed. */
	baseUrl: string;
	mailboxId: string;
	password: string;
	sharedKey: string;
	tls: TlsMaterial;
	/** Sent as `mex-clientversion` in the handshake and as `user-agent`, such as `n8n-nodes-nhs-mesh==1.0.0`. */
	clientVersion?: string;
	retry?: Partial<RetryPolicy>;
	timeouts?: Partial<Timeouts>;
	logger?: MeshLogger;
	runtime?: Partial<MeshRuntime>;
}

/** Full-jitter exponential backoff for requests that are safe to repeat. */
export interface RetryPolicy {
	/** Tries in all, the first one included. Default 4. */
	attempts: number;
	/** Upper bound of the first pause; doubles each time. Default 500. */
	baseDelayMs: number;
	/** Upper bound of any pause. Default 30,000. */
	maxDelayMs: number;
	/** `Retry-After` is honoured up to this. Default 120,000. */
	maxRetryAfterMs: number;
	/** When to ask tracking about a send of unknown outcome, counted from the failure. Default 1 s, 4 s, 10 s, 30 s. */
	settleDelaysMs: number[];
}

export interface Timeouts {
	/** TCP and TLS set-up. Default 30,000. */
	connectMs: number;
	/** From the end of the request to the response headers. Default 300,000. */
	responseMs: number;
	/** Longest silence inside a body, in either direction. Default 60,000. */
	stallMs: number;
}

/** Options every call takes. */
export interface CallOptions {
	/** Aborts the call, its retries and its transfers. */
	signal?: AbortSignal;
}

// ---- mailbox -------------------------------------------------------------------------------------------------------

/** Outcome of the handshake ("validate a mailbox"). */
export interface Handshake {
	mailboxId: string;
	/** The `Date` header of the answer, if it could be read: for measuring clock difference. */
	serverTime?: Date;
	/** Server time minus our time, in milliseconds, taken at the middle of the exchange. */
	clockDifferenceMs?: number;
}

/** One of the six comparisons MESH's `workflow_filter` can express (MESH API, list inbox). */
export interface WorkflowFilter {
	mode: 'equals' | 'beginsWith' | 'contains';
	/** Everything but what matches. */
	negate?: boolean;
	/** 1 to about 250 characters; may not hold `*` and may not begin with `!`. */
	text: string;
}

export interface InboxQuery {
	workflowFilter?: WorkflowFilter;
	/** 10 to 5000; MESH's default is 500. */
	pageSize?: number;
}

export interface InboxPage {
	messageIds: string[];
	/** Whole inbox, whatever the filter; eventually consistent, for display only. */
	approximateInboxCount?: number;
	/** True when MESH says that there is a further page. */
	hasMore: boolean;
}

// ---- messages ------------------------------------------------------------------------------------------------------

/** DATA carries content; REPORT is a non-delivery report (no body, facts in the headers). */
export type MessageType = 'DATA' | 'REPORT';

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

/** Bounds on what is accepted from the server. */
export interface DownloadLimits {
	/** Decoded bytes of the whole message. Default 110 GB: MESH itself ends at 100 GB. */
	maxBytes?: number;
	/** Default 100,000. */
	maxChunks?: number;
	/** Decoded to transmitted size, checked once 10 MiB are decoded. Default 1,100 (gzip's own maximum is about 1,032). */
	maxCompressionRatio?: number;
}

export interface DownloadOptions extends CallOptions {
	limits?: DownloadLimits;
	/** Chunks requested ahead of the one being read. Default 1. */
	readAhead?: number;
	onChunk?: (progress: ChunkProgress) => void;
}

/**
 * A message being downloaded. Read `body` to its end before acknowledging: every fault of a later chunk surfaces as an
 * error of `body`. Not reading it to the end requires `discard()`.
 */
export interface IncomingMessage {
	headers: MessageHeaders;
	/** Decoded content, chunks joined in order; ends without data for a REPORT. */
	body: import('node:stream').Readable;
	/** Decoded size where it is known before reading (a single chunk, not compressed). */
	size?: number;
	/** Set when `body` has ended. */
	received?: TransferTotals;
	/** Gives the connection back without reading the rest. */
	discard(): Promise<void>;
}

export interface TransferTotals {
	/** Decoded bytes. */
	bytes: number;
	/** Bytes as they went over the wire. */
	transmittedBytes: number;
	chunkCount: number;
}

export interface ChunkProgress {
	messageId?: string;
	/** 1-based number of the chunk that has just been completed. */
	chunk: number;
	chunkCount: number;
	/** Totals so far. */
	bytes: number;
	transmittedBytes: number;
}

/** Content to be sent: its size is known, and any range of it can be read again for a retry. */
export interface MessageSource {
	/** Bytes; at least 1 (MESH refuses empty messages). */
	readonly size: number;
	/**
	 * Yields exactly the bytes [start, end). The reader may reuse a yielded buffer as soon as the next one is asked for,
	 * so a consumer that keeps bytes must copy them.
	 */
	read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** What a sender can say about a message (MESH API, send message). Limits are checked before anything is sent. */
export interface OutgoingMessage {
	/** Recipient's mailbox ID, or the GPPROVIDER form. Patient data in the latter case: never logged. */
	to: string;
	workflowId: string;
	subject?: string;
	/** A fresh GUID when absent: it settles the outcome of an interrupted send. */
	localId?: string;
	fileName?: string;
	contentType?: string;
	/** Hex digest, optionally prefixed `algorithm:`; MESH refuses base64. */
	checksum?: string;
	partnerId?: string;
	/** Flag for the receiver: the content itself is encrypted. */
	contentEncrypted?: boolean;
	/** Flag for the receiver: the content itself is compressed. */
	contentCompressed?: boolean;
	source: MessageSource;
}

export interface SendOptions extends CallOptions {
	/** Plain bytes per chunk, 1 to 99,999,999. Default 20 MiB. */
	chunkSize?: number;
	/** gzip each chunk. `auto` compresses unless the content type or a sample says that it will not help. Default auto. */
	compression?: 'auto' | 'always' | 'never';
	/** gzip level 1 to 9. Default 6. */
	compressionLevel?: number;
	/** After an ambiguous failure of the first request that tracking cannot settle: send again. Risks a duplicate. Default false. */
	sendAgainWhenNoRecord?: boolean;
	/**
	 * An earlier call of this very message, with this local ID, ended without anybody knowing whether MESH has it: tracking is
	 * asked before anything is sent. When that call began, in milliseconds by our clock.
	 */
	unsettledSince?: number;
	/** Go on with an upload that was interrupted. `chunkSize` and `compression` are taken from it. */
	continueFrom?: UploadState;
	onChunk?: (progress: ChunkProgress) => void;
}

/** Where an interrupted chunked upload stands: enough to go on with it. */
export interface UploadState {
	messageId: string;
	localId?: string;
	/** 1-based number of the first chunk that MESH has not confirmed. */
	nextChunk: number;
	chunkCount: number;
	/** Plain bytes per chunk. */
	chunkSize: number;
	compressed: boolean;
	/** Plain bytes of the whole message, so that a different file is noticed. */
	size: number;
}

export interface SentMessage extends TransferTotals {
	messageId: string;
	localId: string;
	compressed: boolean;
	chunkSize: number;
	/** True when an ambiguous failure was settled by tracking. */
	settledByTracking: boolean;
}

// ---- tracking and directory ----------------------------------------------------------------------------------------

/** Lower-case status of a sent message (MESH API, tracking). */
export type TrackingStatus = 'uploading' | 'accepted' | 'acknowledged' | 'undeliverable' | 'error' | (string & {});

/** The same shape whichever API version answered. */
export interface TrackingRecord {
	messageId: string;
	status: TrackingStatus;
	localId?: string;
	workflowId?: string;
	fileName?: string;
	recipient?: string;
	recipientName?: string;
	recipientOdsCode?: string;
	recipientOrganisationCode?: string;
	recipientOrganisationName?: string;
	uploadTimestamp?: Date;
	expiryTime?: Date;
	/** Of the acknowledgement; only the local-ID form of tracking has it. */
	downloadTimestamp?: Date;
	statusSuccess?: boolean;
	statusCode?: string;
	statusEvent?: string;
	statusDescription?: string;
	statusTimestamp?: Date;
}

/** Tracking by local ID (deprecated in MESH, kept because it settles sends of unknown outcome). */
export type LocalIdTracking =
	| { outcome: 'found'; record: TrackingRecord }
	| { outcome: 'none' }
	| { outcome: 'several' };

export interface DirectoryEntry {
	mailboxId: string;
	mailboxName?: string;
}

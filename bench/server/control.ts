import type { ContentKind } from '../work';

/** A message that waits in the mailbox; its content is made while it is being downloaded. */
export interface StoredMessage {
	messageId: string;
	content: ContentKind;
	bytes: number;
	chunkBytes: number;
	/** Kept gzipped, chunk by chunk, and served so to whoever accepts it. */
	gzip: boolean;
}

/** What every message that is sent should be. */
export interface ExpectedUpload {
	content: ContentKind;
	bytes: number;
}

/** How the server behaves from the next request on. */
export interface ServerSettings {
	messages: StoredMessage[];
	/** Waited before each answer. */
	latencyMs: number;
	/** Compare every byte of each message sent with what it should be; slow for large ones. */
	verifyUploads?: ExpectedUpload;
}

/** Counted since the last `configure`. */
export interface ServerCounts {
	requests: number;
	connections: number;
	/** Connections whose TLS handshake resumed an earlier session. */
	resumed: number;
	uploadedBytes: number;
	downloadedBytes: number;
	/** Messages complete: their last chunk was received. */
	messagesSent: number;
	acknowledged: number;
	/** Milliseconds on the server's clock. */
	firstListedAtMs?: number;
	firstDownloadedAtMs?: number;
	lastDownloadedAtMs?: number;
	firstAcknowledgedAtMs?: number;
	lastAcknowledgedAtMs?: number;
	cpuSeconds: number;
	/** What a client did that MESH would refuse, or content that is not what it should be. */
	faults: string[];
}

/** Runner to server. */
export type ServerCommand =
	| { id: number; name: 'configure'; settings: ServerSettings }
	| { id: number; name: 'counts' }
	| { id: number; name: 'stop' };

/** Server to runner. */
export type ServerAnswer = { id: number; counts?: ServerCounts } | { id: 0; port: number };

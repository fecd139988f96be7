/** The calls of the MESH API as fault rules and the request log name them; `other` is everything else, admin calls included. */
export type CallName =
	| 'handshake'
	| 'list'
	| 'download'
	| 'downloadChunk'
	| 'head'
	| 'acknowledge'
	| 'count'
	| 'send'
	| 'sendChunk'
	| 'track'
	| 'trackLocal'
	| 'lookup'
	| 'search'
	| 'ping'
	| 'other';

/** One line of the request log: a request, or a connection on which none could be read. */
export interface RecordedRequest {
	/** 1, 2, 3 ... in the order of arrival. */
	id: number;
	/** `TLS` or `HTTP` where the connection failed before there was a request. */
	method: string;
	/** Without the query; empty where the connection failed. */
	path: string;
	query: Record<string, string>;
	/** `connection`: there was no request, see `outcome`. */
	call: CallName | 'connection';
	mailboxId?: string;
	messageId?: string;
	chunk?: number;
	/** Absent while unanswered, and for ever when the connection was cut instead. */
	status?: number;
	/** `ok`, the text of a refusal, or the fault that was played. */
	outcome: string;
	/** What the real service may object to although this request passed. */
	warning?: string;
	/** Lower-case names; Authorization and the patient's data in a GPPROVIDER recipient are redacted. */
	headers: Record<string, string>;
	/** Bytes of the body read so far. */
	requestBytes: number;
	/** Bytes of the body answered. */
	responseBytes: number;
	/** 1, 2, 3 ...: the TCP connection it came on. */
	connection: number;
	/** Sandbox time, milliseconds since the epoch. */
	at: number;
}

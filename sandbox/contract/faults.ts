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

/** Which requests a fault strikes: all given conditions must hold. Rules are tried in the order they were armed. */
export interface FaultRule {
	call?: CallName | CallName[];
	/** `GET`, `POST` ... */
	method?: string;
	/** A text that the path contains, or an expression that it matches. */
	path?: string | RegExp;
	/** Chunk number; the first request of a message is chunk 1. */
	chunk?: number;
	/** Matching requests to let through first. Default 0. */
	skip?: number;
	/** How many requests are struck before the rule is spent. Default 1. */
	times?: number;
	fault: Fault;
}

/** Values by name; a list is one line for each. */
export type HeaderLines = Record<string, string | string[]>;

/**
 * What goes wrong. Authorization is checked first and uses the token up, also where the call then has no effect,
 * so a client that repeats a token after a fault is found out.
 */
export type Fault =
	/** Answered instead of being processed; the default body is MESH's generic one. */
	| { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
	/**
	 * What something in front of MESH answers, a gateway or a proxy; nothing is done. Headers go out as given, several lines of one
	 * name as a list, and no other ones but the framing's. `untilClose`: neither length nor chunked, the connection's end is the body's.
	 * `cutAfter`: with a length or chunked, the connection ends after so many bytes of the body.
	 */
	| {
			kind: 'foreignAnswer';
			status: number;
			headers?: HeaderLines;
			body?: string;
			framing?: 'length' | 'chunked' | 'untilClose';
			cutAfter?: number;
			continueFirst?: boolean;
	  }
	/** A `100 Continue` that nobody asked for, then the usual answer. */
	| { kind: 'unsolicitedContinue' }
	/** A SOAP fault as XML text, default status 500; not processed. */
	| { kind: 'xmlError'; status?: number }
	/** 403 without a body; not processed. */
	| { kind: 'emptyForbidden' }
	/** The request takes effect, its answer keeps the status but is broken JSON without MESH headers. */
	| { kind: 'garbageJson' }
	/** The body is read, nothing is done, the connection is reset. */
	| { kind: 'resetBeforeProcessing' }
	/** The request takes effect, then the connection is reset instead of an answer. */
	| { kind: 'resetAfterProcessing' }
	/** The connection is reset once so many bytes of the request body have arrived (or at its end); nothing is done. */
	| { kind: 'resetInRequestBody'; afterBytes: number }
	/** The connection is reset after so many bytes of the response body. */
	| { kind: 'resetInResponseBody'; afterBytes: number }
	/** Only so many bytes of the response body are sent; `kept` closes the connection short of Content-Length, `adjusted` is a shorter but valid answer, `none` has neither length nor chunked coding, so that only the connection's end ends it. */
	| { kind: 'truncate'; bytes: number; length: 'kept' | 'adjusted' | 'none' }
	/** Silence until the client gives up or the sandbox closes, told by `Sandbox.nextSilence()`; before the answer means that nothing is done. */
	| { kind: 'stall'; where: 'beforeAnswer' | 'inResponseBody'; afterBytes?: number }
	/** The request takes effect at once and is answered so much later (real time); told by `Sandbox.nextSilence()` too. */
	| { kind: 'lateAnswer'; ms: number }
	/** A download serves its neighbour: the previous chunk, or the next one in place of chunk 1, headers included. */
	| { kind: 'duplicateChunk' }
	/** Headers of the answer replaced; an empty text removes one, a list gives several lines. */
	| { kind: 'wrongHeader'; headers: HeaderLines }
	/** New connections are reset from now on for so long by the sandbox's clock, or for `times` connections if that is fewer. */
	| { kind: 'refuseConnections'; ms: number };

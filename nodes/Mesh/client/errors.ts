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
	/** Tells whether content and recipient are still the same, without holding anything of them. Going on demands both. */
	contentDigest?: string;
	addressDigest?: string;
}

/** A send whose first request went out and of which nobody knows what became: enough for the next try to look for it. */
export interface UnsettledSend {
	/** The same for all tries of one send. */
	sendId: string;
	localId: string;
	/** The local ID is a UUID made for this send, so that no other message can have it. */
	ownLocalId: boolean;
	/** When its first try began, in milliseconds by our clock. */
	since: number;
	/** As in `UploadState`. */
	contentDigest?: string;
	addressDigest?: string;
}

/** Why a call failed; branch on this, never on message text. */
export type MeshErrorCode =
	/** Refused before anything was sent: a parameter is wrong. */
	| 'MESH_INVALID_INPUT'
	/** Certificate, key, passphrase or base URL cannot be used. */
	| 'MESH_INVALID_CREDENTIAL'
	/** MESH answered with an error status. */
	| 'MESH_STATUS'
	/** No connection, or it broke. */
	| 'MESH_NETWORK'
	/** TLS failed: our certificate was refused, or theirs is not trusted. */
	| 'MESH_TLS'
	| 'MESH_TIMEOUT'
	/** The answer cannot be understood, or breaks the protocol. */
	| 'MESH_PROTOCOL'
	/** Bytes received do not agree with what was announced. */
	| 'MESH_INTEGRITY'
	/** n8n's store of binary data did not take the content of a message. */
	| 'MESH_STORAGE'
	/** A limit that the user set was passed. */
	| 'MESH_LIMIT'
	/** A chunked upload broke off; `upload` says where. */
	| 'MESH_UPLOAD_INTERRUPTED'
	/** The first request of a send broke off and tracking could not tell whether MESH has the message. */
	| 'MESH_SEND_OUTCOME_UNKNOWN'
	/** The caller's signal aborted the call. */
	| 'MESH_ABORTED';

/** Everything known about a failure. None of it holds a secret, a certificate or message content. */
export interface MeshErrorDetails {
	code: MeshErrorCode;
	/** What happened in plain words, where the message also holds codes, statuses and hosts. */
	title?: string;
	/** What to do next, for the person who reads it. */
	hint?: string;
	/** The call in words, such as `send message`. */
	call?: string;
	httpStatus?: number;
	/** MESH's error event, code and text (MESH API, errors), where the answer carried them. */
	meshEvent?: string;
	meshCode?: string;
	meshText?: string;
	/** Cause by code, such as `ECONNRESET`, `UND_ERR_HEADERS_TIMEOUT`. */
	networkCode?: string;
	messageId?: string;
	localId?: string;
	/** Name of the offending property of the input (`to`, `workflowId`, ...) or of the credential (`certificate`, ...). */
	parameter?: string;
	/** True when the same call may well succeed later. */
	temporary?: boolean;
	/** True when the request may have taken effect although no answer came. */
	ambiguous?: boolean;
	/** Whether the very same request is worth making again at once; absent, `temporary` tells. */
	retryable?: boolean;
	upload?: UploadState;
	/** With `MESH_SEND_OUTCOME_UNKNOWN`, and with `MESH_ABORTED` after the first request had begun. */
	unsettled?: UnsettledSend;
	/** Server time minus our time in milliseconds, where an error answer had a date. */
	clockDifferenceMs?: number;
	/** How long the server wants not to be asked again, in milliseconds from the answer on. */
	retryAfterMs?: number;
	/** Why the attempt before had failed, where a call was cancelled while it waited for the next one. */
	lastFailure?: MeshError;
}

/** The one error type of the client. Recognise it with `isMeshError`, which also works across copies of the package. */
export class MeshError extends Error implements MeshErrorDetails {
	readonly name = 'MeshError';
	readonly code!: MeshErrorCode;
	readonly title?: string;
	readonly hint?: string;
	readonly call?: string;
	readonly httpStatus?: number;
	readonly meshEvent?: string;
	readonly meshCode?: string;
	readonly meshText?: string;
	readonly networkCode?: string;
	readonly messageId?: string;
	readonly localId?: string;
	readonly parameter?: string;
	readonly temporary?: boolean;
	readonly ambiguous?: boolean;
	readonly retryable?: boolean;
	readonly upload?: UploadState;
	readonly unsettled?: UnsettledSend;
	readonly clockDifferenceMs?: number;
	readonly retryAfterMs?: number;
	readonly lastFailure?: MeshError;

	/** @param origin of an error that this one is a copy of */
	constructor(message: string, details: MeshErrorDetails, { stack, cause }: Pick<Error, 'stack' | 'cause'> = {}) {
		super(message);
		Object.assign(this, details);
		if (stack !== undefined) this.stack = stack;
		if (cause !== undefined) this.cause = cause;
	}
}

/** A failure that is known by its `code` alone, as those of Node are. */
export class CodedError extends Error {
	constructor(
		readonly code: string,
		cause?: unknown,
	) {
		super(code, { cause });
	}
}

export function isMeshError(error: unknown): error is MeshError {
	return typeof error === 'object' && error !== null && 'code' in error && Reflect.get(error, 'name') === 'MeshError';
}

/** A factory rather than `new` at the throwing place, so that every refusal of input reads alike. */
export function invalidInput(parameter: string, message: string, hint?: string): MeshError {
	return new MeshError(message, { code: 'MESH_INVALID_INPUT', parameter, hint, temporary: false });
}

/** The `code` of whatever was thrown, where it has a well-formed one. Not by `instanceof`: errors can come from another realm. */
export function errorCode(error: unknown): string | undefined {
	if (typeof error !== 'object' || error === null) return undefined;
	const code: unknown = Reflect.get(error, 'code');
	return typeof code === 'string' && /^[\w.-]{1,80}$/.test(code) ? code : undefined;
}

/** The caller's signal ended a call. The signal's reason is not taken over: it may hold anything. */
export function abortedError(call: string, details: Partial<MeshErrorDetails> = {}): MeshError {
	return new MeshError(`Cancelled: ${call}`, { code: 'MESH_ABORTED', call, temporary: false, ...details });
}

export function throwIfAborted(call: string, signal: AbortSignal | undefined): void {
	if (signal?.aborted) throw abortedError(call);
}

/** A `MeshError` with further details filled in where it has none; anything else becomes one, without its text. */
export function asMeshError(error: unknown, call: string, details: Partial<MeshErrorDetails> = {}): MeshError {
	if (isMeshError(error)) return withMissing(error, details);
	const what = errorCode(error) ?? typeof error;
	return new MeshError(`Could not ${call}: something unexpected happened in the client (${what})`, {
		code: 'MESH_PROTOCOL',
		call,
		hint: 'This looks like a fault in the node: please report it with the version of the package.',
		temporary: false,
		...details,
	});
}

/** The same error with what the place of the failure did not know; what it says already stays. */
export function withMissing(error: MeshError, details: Partial<MeshErrorDetails>): MeshError {
	const missing = Object.entries(details).filter(([name, value]) => value !== undefined && Reflect.get(error, name) === undefined);
	return missing.length === 0 ? error : withDetails(error, Object.fromEntries(missing));
}

/** A copy of an error that says these things instead: an error is never changed once it was made. */
export function withDetails(error: MeshError, details: Partial<MeshErrorDetails>): MeshError {
	return new MeshError(error.message, { ...(error as MeshErrorDetails), ...details }, error);
}

/** A refusal of something in the credential; `parameter` is the property of the options it is about. */
export function invalidCredential(parameter: string, message: string, hint?: string): MeshError {
	return new MeshError(message, { code: 'MESH_INVALID_CREDENTIAL', parameter, hint, temporary: false });
}

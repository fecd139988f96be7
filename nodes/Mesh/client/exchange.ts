import { authorizationHeader } from './authorization';
import { abortedError, asMeshError, throwIfAborted } from './errors';
import type { MeshError } from './errors';
import type { HttpRequest, HttpResponse, RequestBody, Transport } from './http/response';
import type { MeshRuntime } from './runtime';
import type { ClientSettings, MeshLogger, RetryPolicy } from './settings';
import { statusError } from './statusErrors';

/** Options every call takes. */
export interface CallOptions {
	/** Aborts the call, its retries and its transfers. */
	signal?: AbortSignal;
}

/** One value: MESH refuses a list with 400 (MESH API, versions). */
const ACCEPT_V2 = 'application/vnd.mesh.v2+json';

/** One call of the API, as often as it takes. */
interface MeshCall {
	/** In words, completing "Could not ...". */
	call: string;
	method: HttpRequest['method'];
	path: string;
	headers?: Record<string, string>;
	/** Asked for anew at every attempt. */
	body?: () => RequestBody;
	repeat: Repeatability;
	signal?: AbortSignal;
	/** For errors and logs. */
	messageId?: string;
	localId?: string;
	/** Error statuses that `read` wants to see. */
	accept?: number[];
}

/** A response with what the caller may need to judge it. */
export interface MeshResponse extends HttpResponse {
	/** 1 for the first. */
	attempt: number;
	/** Just before the request, by our clock. */
	requestedAt: number;
}

/**
 * Makes a call with a fresh token for each attempt, repeats it where that is safe, and hands a success to `read`, whose
 * failures count as failures of the attempt. Throws `MeshError`.
 */
export async function exchange<T>(
	connection: MeshConnection,
	call: MeshCall,
	read: (response: MeshResponse) => Promise<T>,
): Promise<T> {
	const { runtime, settings, logger } = connection;
	for (let attempt = 1; ; attempt++) {
		throwIfAborted(call.call, call.signal);
		const outcome = await attemptOnce(connection, call, attempt, read);
		if ('value' in outcome) return outcome.value;
		const { error } = outcome;
		if (!mayRepeat({ repeat: call.repeat, error, attempt, attempts: settings.retry.attempts })) throw error;
		const delay = retryDelay({ attempt, random: runtime.random(), policy: settings.retry, retryAfter: error.retryAfterMs });
		logger.debug(`Attempt to ${call.call} failed, trying again`, { ...describe(call, error), attempt, delayMs: Math.round(delay) });
		await runtime.sleep(delay, call.signal).catch((reason: unknown) => {
			throw call.signal?.aborted ? abortedError(call.call, { lastFailure: error }) : asMeshError(reason, call.call);
		});
	}
}

type Outcome<T> = { value: T } | { error: MeshError };

async function attemptOnce<T>(
	connection: MeshConnection,
	call: MeshCall,
	attempt: number,
	read: (response: MeshResponse) => Promise<T>,
): Promise<Outcome<T>> {
	const requestedAt = connection.runtime.now();
	let response: HttpResponse | undefined;
	try {
		response = await connection.transport.request({
			call: call.call,
			method: call.method,
			path: call.path,
			headers: {
				accept: ACCEPT_V2,
				authorization: freshAuthorization(connection),
				'user-agent': connection.settings.clientVersion,
				...call.headers,
			},
			body: call.body?.(),
			signal: call.signal,
		});
		const { status } = response;
		if ((status >= 200 && status < 300) || call.accept?.includes(status)) {
			return { value: await read({ ...response, attempt, requestedAt }) };
		}
		const error = await statusError(response, { ...call, now: connection.runtime.now(), settings: connection.settings });
		return { error: judged(call, error) };
	} catch (failure) {
		response?.body.discard();
		return { error: judged(call, asMeshError(failure, call.call, { messageId: call.messageId, localId: call.localId })) };
	}
}

/** A question has no effect, so nothing about it can be in doubt. */
function judged({ repeat }: MeshCall, error: MeshError): MeshError {
	return repeat === 'read' ? Object.assign(error, { ambiguous: false }) : error;
}

/** For the log: nothing of the request's headers, as a recipient can be patient data. */
function describe(call: MeshCall, error: MeshError): Record<string, unknown> {
	return {
		...(call.messageId ? { messageId: call.messageId } : {}),
		code: error.code,
		...(error.httpStatus ? { httpStatus: error.httpStatus } : {}),
		...(error.networkCode ? { networkCode: error.networkCode } : {}),
	};
}

/** What every call works with. */
export interface MeshConnection {
	readonly settings: ClientSettings;
	readonly transport: Transport;
	readonly runtime: MeshRuntime;
	readonly logger: MeshLogger;
}

/** A token for one attempt: MESH refuses a token that it has seen before. */
function freshAuthorization({ settings, runtime }: MeshConnection): string {
	const { mailboxId, mailboxPassword: password, sharedKey } = settings;
	return authorizationHeader({ mailboxId, password, sharedKey, nonce: runtime.uuid(), nonceCount: 0, now: runtime.now() });
}

export const silentLogger: MeshLogger = { debug() {}, info() {}, warn() {} };

/**
 * `read`: asks only. `idempotent`: changes something, but twice is as good as once. `never`: the first request of a message,
 * whose repetition could send it twice.
 */
export type Repeatability = 'read' | 'idempotent' | 'never';

interface RepeatFacts {
	repeat: Repeatability;
	error: MeshError;
	/** The attempt that failed; 1 is the first. */
	attempt: number;
	/** Allowed in all. */
	attempts: number;
}

/** Answered before the request was looked at, so that nothing has happened. */
const REFUSED_BEFORE_PROCESSING = [425, 429, 503];
/** From gateways that may have passed the request on. */
const GATEWAY_FAILURES = [502, 504];
/** A 500 seldom passes; a question may be asked again this often. */
const INTERNAL_ERROR_ATTEMPTS = 3;

/** Whether a failed attempt may be followed by another one (MESH API, errors: retry guidance). */
export function mayRepeat({ repeat, error, attempt, attempts }: RepeatFacts): boolean {
	if (attempt >= attempts || error.code === 'MESH_ABORTED') return false;
	const status = error.httpStatus;
	if (error.code === 'MESH_STATUS' && status !== undefined) {
		if (REFUSED_BEFORE_PROCESSING.includes(status)) return true;
		if (repeat === 'never') return false;
		if (GATEWAY_FAILURES.includes(status)) return true;
		if (status === 500) return repeat === 'read' && attempt < INTERNAL_ERROR_ATTEMPTS;
		return status === 403 && isConsumedToken(error) && attempt === 1;
	}
	if (error.temporary !== true) return false;
	return repeat !== 'never' || error.ambiguous !== true;
}

/**
 * MESH says that it has seen the token before, although each attempt has its own: something on the way sent the request
 * twice. MESH gives this no code of its own, so its text has to do.
 */
export function isConsumedToken(error: MeshError): boolean {
	return error.httpStatus === 403 && /duplicat/i.test(error.meshText ?? '');
}

interface DelayFacts {
	/** The attempt that failed; 1 is the first. */
	attempt: number;
	/** In [0, 1). */
	random: number;
	policy: RetryPolicy;
	/** What the server asked for, in milliseconds. */
	retryAfter?: number;
}

/**
 * How long to wait before the next attempt: full jitter over an exponentially growing range, so that many clients that
 * failed together do not come back together. A server's own wish comes first, capped, with a little jitter on top.
 */
export function retryDelay({ attempt, random, policy, retryAfter }: DelayFacts): number {
	const range = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** Math.min(attempt - 1, 30));
	if (retryAfter !== undefined) {
		return Math.min(policy.maxRetryAfterMs, retryAfter + random * policy.baseDelayMs);
	}
	return random * range;
}

import { createHmac } from 'node:crypto';
import { UnfitAnswer, notFromMesh, readSuccess, textOf } from './answers';
import type { MeshAnswer, Success } from './answers';
import { abortedError, asMeshError, throwIfAborted, withDetails } from './errors';
import type { MeshError } from './errors';
import { headerOf } from './http/response';
import type { HttpRequest, HttpResponse, RequestBody, ResponseHeaders, Transport } from './http/response';
import type { MeshRuntime } from './runtime';
import type { ClientSettings, MeshLogger, RetryPolicy } from './settings';
import { statusError, statusRow } from './statusErrors';
import type { Repeatability } from './statusErrors';

/** Options every call takes. */
export interface CallOptions {
	/** Aborts the call, its retries and its transfers. */
	signal?: AbortSignal;
}

/** One value: MESH refuses a list with 400 (MESH API, versions). */
const ACCEPT_V2 = 'application/vnd.mesh.v2+json';

/** One call of the API, as often as it takes. */
export interface MeshCall<T> {
	/** In words, completing "Could not ...". */
	call: string;
	method: HttpRequest['method'];
	path: string;
	headers?: Record<string, string>;
	/** Asked for anew at every attempt. */
	body?: () => RequestBody;
	repeat: Repeatability;
	signal?: AbortSignal;
	/** Made before its answer is needed: one attempt only, as a pause would be somebody else's turn. */
	ahead?: boolean;
	/** Attempts that were made before this call. */
	attemptsBefore?: number;
	/** For errors and logs. */
	messageId?: string;
	localId?: string;
	/** Of a message that is sent: for errors. */
	to?: string;
	workflowId?: string;
	/** What MESH's success looks like; anything else was answered by something in front of MESH. */
	success: Success<T>;
	/** Error statuses that are an answer too: what their body says, `undefined` for a body that is not MESH's. */
	alsoAnswers?: Readonly<Record<number, (body: string, answer: MeshAnswer) => T | undefined>>;
}

/**
 * Makes a call with a fresh token for each attempt, and repeats it where that is safe. A success is what the call says that
 * MESH's success looks like, and nothing else. Throws `MeshError`.
 */
export async function exchange<T>(connection: MeshConnection, call: MeshCall<T>): Promise<T> {
	const { runtime, settings, logger } = connection;
	for (let attempt = 1 + (call.attemptsBefore ?? 0); ; attempt++) {
		throwIfAborted(call.call, call.signal);
		const outcome = await attemptOnce(connection, call);
		if ('value' in outcome) return outcome.value;
		const { error } = outcome;
		if (call.ahead || !mayRepeat({ repeat: call.repeat, error, attempt, attempts: settings.retry.attempts })) throw error;
		const delay = retryDelay({ attempt, random: runtime.random(), policy: settings.retry, retryAfter: error.retryAfterMs });
		logger.debug(`Attempt to ${call.call} failed, trying again`, { ...describe(call, error), attempt, delayMs: Math.round(delay) });
		try {
			await runtime.sleep(delay, call.signal);
		} catch (reason) {
			throw call.signal?.aborted
				? abortedError(call.call, { lastFailure: error, messageId: error.messageId, localId: error.localId })
				: asMeshError(reason, call.call);
		}
	}
}

type Outcome<T> = { value: T } | { error: MeshError };

async function attemptOnce<T>(connection: MeshConnection, call: MeshCall<T>): Promise<Outcome<T>> {
	const { runtime, settings } = connection;
	let requestedAt = runtime.now();
	let response: HttpResponse | undefined;
	try {
		response = await connection.transport.request({
			call: call.call,
			method: call.method,
			path: call.path,
			headers() {
				requestedAt = runtime.now();
				return { accept: ACCEPT_V2, authorization: freshAuthorization(connection), 'user-agent': settings.clientVersion, ...call.headers };
			},
			body: call.body?.(),
			signal: call.signal,
			ahead: call.ahead,
		});
		const answer: MeshAnswer = { ...response, ...clockOf(response.headers, requestedAt, runtime.now()) };
		const { status } = response;
		if (status >= 200 && status < 300) return { value: await readSuccess(answer, call.success) };
		const readAnswer = call.alsoAnswers?.[status];
		if (readAnswer) return { value: await otherAnswer(answer, readAnswer) };
		const error = await statusError(answer, { ...call, now: runtime.now(), settings });
		return { error: judged(call, error) };
	} catch (failure) {
		response?.body.discard();
		const error = failure instanceof UnfitAnswer ? failure.of(call.call, response?.status ?? 0) : failure;
		const { messageId, localId } = call;
		return { error: judged(call, asMeshError(error, call.call, { messageId, localId })) };
	}
}

/** The server's clock by the `Date` of its answer, against ours at the middle of the exchange; nothing where there is no date. */
function clockOf(headers: ResponseHeaders, requestedAt: number, answeredAt: number): { serverTime?: Date; clockDifferenceMs?: number } {
	const date = Date.parse(headerOf(headers, 'date') ?? '');
	if (Number.isNaN(date)) return {};
	return { serverTime: new Date(date), clockDifferenceMs: date - Math.round((requestedAt + answeredAt) / 2) };
}

/** Far above any real one. */
const MAX_REFUSAL_BYTES = 64 * 1024;

/** Such a status also comes from what is not MESH: its body must be MESH's. */
async function otherAnswer<T>(answer: MeshAnswer, read: (body: string, answer: MeshAnswer) => T | undefined): Promise<T> {
	const { bytes } = await answer.body.read(MAX_REFUSAL_BYTES);
	const value = read(textOf(bytes), answer);
	if (value === undefined) throw notFromMesh(`with ${answer.status} and not what MESH says with it`);
	return value;
}

/** A question has no effect, so nothing about it can be in doubt. */
function judged({ repeat }: Pick<MeshCall<unknown>, 'repeat'>, error: MeshError): MeshError {
	return repeat === 'read' && error.ambiguous ? withDetails(error, { ambiguous: false }) : error;
}

/** For the log: nothing of the request's headers, as a recipient can be patient data. */
function describe(call: MeshCall<unknown>, error: MeshError): Record<string, unknown> {
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

/** What a token is made of (MESH API, authorization header). */
interface AuthorizationParts {
	/** Upper case, the one in the URL. */
	mailboxId: string;
	password: string;
	sharedKey: string;
	/** A GUID, new for every request: MESH accepts each token once. */
	nonce: string;
	/** How often this nonce was used before. */
	nonceCount: number;
	/** Milliseconds since the epoch; MESH allows two hours of difference to its own clock. */
	now: number;
}

/** The value of the `Authorization` header of one request. Never log it. */
export function authorizationHeader({ mailboxId, password, sharedKey, nonce, nonceCount, now }: AuthorizationParts): string {
	const timestamp = tokenTimestamp(now);
	const signed = `${mailboxId}:${nonce}:${nonceCount}:${password}:${timestamp}`;
	const hash = createHmac('sha256', sharedKey).update(signed, 'utf8').digest('hex');
	return `NHSMESH ${mailboxId}:${nonce}:${nonceCount}:${timestamp}:${hash}`;
}

/** `yyyyMMddHHmm` in UTC: local time is the usual reason for a 403 in summer. */
function tokenTimestamp(now: number): string {
	const iso = new Date(now).toISOString(); // 2026-01-31T23:59:...
	return iso.slice(0, 4) + iso.slice(5, 7) + iso.slice(8, 10) + iso.slice(11, 13) + iso.slice(14, 16);
}

export const silentLogger: MeshLogger = { debug() {}, info() {}, warn() {} };

interface RepeatFacts {
	repeat: Repeatability;
	error: MeshError;
	/** The attempt that failed; 1 is the first. */
	attempt: number;
	/** Allowed in all. */
	attempts: number;
}

/** Whether a failed attempt may be followed by another one (MESH API, errors: retry guidance). */
export function mayRepeat({ repeat, error, attempt, attempts }: RepeatFacts): boolean {
	if (attempt >= attempts || error.code === 'MESH_ABORTED') return false;
	const status = error.httpStatus;
	if (error.code === 'MESH_STATUS' && status !== undefined) {
		if (isConsumedToken(error)) return repeat !== 'never' && attempt === 1;
		const row = statusRow(status);
		return row.repeat.includes(repeat) && attempt < (row.attempts ?? Infinity);
	}
	if (!(error.retryable ?? error.temporary)) return false;
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

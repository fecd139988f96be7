import { freshAuthorization } from './connection';
import type { MeshConnection } from './connection';
import type { MeshError } from './errors';
import { abortedError, throwIfAborted } from './failures/aborted';
import { asMeshError } from './failures/asMeshError';
import { statusError } from './failures/statusError';
import { headerOf } from './http/types';
import type { HttpRequest, HttpResponse, RequestBody } from './http/types';
import { mayRepeat } from './retry/mayRepeat';
import type { Repeatability } from './retry/mayRepeat';
import { retryAfterMs } from './retry/retryAfter';
import { retryDelay } from './retry/retryDelay';

/** One value: MESH refuses a list with 400 (MESH API, versions). */
const ACCEPT_V2 = 'application/vnd.mesh.v2+json';

/** One call of the API, as often as it takes. */
export interface MeshCall {
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
		const { error, retryAfter } = outcome;
		if (!mayRepeat({ repeat: call.repeat, error, attempt, attempts: settings.retry.attempts })) throw error;
		const delay = retryDelay({ attempt, random: runtime.random(), policy: settings.retry, retryAfter });
		logger.debug(`Attempt to ${call.call} failed, trying again`, { ...describe(call, error), attempt, delayMs: Math.round(delay) });
		await runtime.sleep(delay, call.signal).catch((reason: unknown) => {
			throw call.signal?.aborted ? abortedError(call.call) : asMeshError(reason, call.call);
		});
	}
}

type Outcome<T> = { value: T } | { error: MeshError; retryAfter?: number };

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
		return { error: judged(call, error), retryAfter: retryAfterMs(headerOf(response.headers, 'retry-after'), connection.runtime.now()) };
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

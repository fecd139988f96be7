import type { Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import { Pool, ProxyAgent, buildConnector } from 'undici';
import type { Dispatcher } from 'undici';
import type { MeshRuntime } from '../runtime';
import type { Timeouts } from '../settings';
import { proxyFor } from './proxy';
import { ExchangeHandler } from './request';
import type { HttpRequest, HttpResponse, Transport } from './response';

interface TransportOptions {
	/** Scheme, host and port. */
	origin: string;
	/** Our certificate and whom we trust; absent for plain http. */
	secureContext?: SecureContext;
	ignoreSslIssues: boolean;
	timeouts: Timeouts;
	/** The timer of silences. */
	after: MeshRuntime['after'];
	/** Where proxies are named; default: the environment of the process. */
	environment?: NodeJS.ProcessEnv;
}

/** Below the 60 s after which common load balancers drop an idle connection: a POST must not meet a closing one. */
const KEEP_ALIVE_MS = 50_000;

/** One pool of kept-alive HTTP/1.1 connections to one host, with our client certificate. Redirects are not followed. */
export function undiciTransport(options: TransportOptions): Transport {
	const { origin } = options;
	const { host } = new URL(origin);
	// Opened with the first request, and again after `close`.
	let dispatcher: Dispatcher | undefined;
	return {
		async request(request: HttpRequest): Promise<HttpResponse> {
			const handler = new ExchangeHandler(request, host, options);
			if (request.signal?.aborted) return await handler.response;
			try {
				dispatcher ??= openDispatcher(options);
				dispatcher.dispatch(
					{
						origin,
						path: request.path,
						method: request.method,
						headers: request.body
							? { ...request.headers, 'content-length': String(request.body.length) }
							: request.headers,
						body: handler.requestBody() as Dispatcher.DispatchOptions['body'],
						// Silences are for ExchangeHandler to notice.
						headersTimeout: 0,
						bodyTimeout: 0,
					},
					handler,
				);
			} catch (error) {
				// By way of the handler, which lets go of the signal: aborting it later would reject a promise that nobody waits for.
				handler.onResponseError(undefined, error);
			}
			return await handler.response;
		},
		async close() {
			const closing = dispatcher;
			dispatcher = undefined;
			await closing?.close();
		},
	};
}

function openDispatcher(options: TransportOptions): Dispatcher {
	const { secureContext, ignoreSslIssues, timeouts, environment = process.env } = options;
	const tls = {
		...(secureContext ? { secureContext } : {}),
		rejectUnauthorized: !ignoreSslIssues,
		minVersion: 'TLSv1.2' as const,
		timeout: timeouts.connectMs,
	};
	const pool = {
		connections: CONNECTIONS,
		pipelining: 1,
		allowH2: false,
		keepAliveTimeout: KEEP_ALIVE_MS,
	};
	const proxy = proxyFor(options.origin, environment);
	if (proxy) return new ProxyAgent({ ...pool, uri: proxy, requestTls: tls });
	// A Pool and not an Agent: the latter drops its pool, and the TLS sessions with it, when the last connection goes.
	const connect = improvedConnector(buildConnector(tls));
	return new Pool(options.origin, { ...pool, connect: secureContext ? oneFullHandshake(connect) : connect });
}

/**
 * undici's connector with two things put right. It holds TLS sessions weakly, so that an idle pool forgets how to resume: the
 * latest one is kept alive here. And when the server ends TLS with an alert, such as for a client certificate that it refuses,
 * undici goes on to the end of the stream and reports that: ending the socket with the alert keeps the reason.
 */
function improvedConnector(connect: buildConnector.connector): buildConnector.connector {
	const latest: { session?: Buffer } = {};
	return (options, callback) => {
		const socket = (connect as (...args: Parameters<typeof connect>) => TLSSocket | undefined)(options, callback);
		socket?.on('session', (session: Buffer) => (latest.session = session));
		socket?.once('error', (error: Error) => socket.destroy(error));
		return socket;
	};
}

type Connected = (...outcome: [null, Socket] | [Error, null]) => void;

/** How long the session of the first connection is waited for, which a server may also never offer. */
const SESSION_GRACE_MS = 250;

/**
 * Makes connections so that only the first one costs a full TLS handshake: those asked for meanwhile wait until it has
 * a session that they can resume. With client certificates a full handshake costs several times a resumed one, on both
 * sides, and a batch of small messages would begin with one for each connection of the pool.
 *
 * The first one is not used before, either. In TLS 1.3 a server judges our certificate after the handshake has ended for us, and
 * offers a session once it has accepted it: content sent too early can turn the alert that says why it was refused into a
 * reset connection, of which nobody knows whether the message came through.
 * @param connect returns the socket at once, and keeps sessions and uses them
 */
function oneFullHandshake<Options>(connect: (options: Options, connected: Connected) => unknown): (options: Options, connected: Connected) => void {
	let first: 'not yet' | 'under way' | 'over' = 'not yet';
	let waiting: Array<() => void> = [];

	const settle = (outcome: typeof first) => {
		first = outcome;
		const others = waiting;
		waiting = [];
		for (const start of others) start();
	};
	const openFirst = (options: Options, connected: Connected) => {
		first = 'under way';
		let hasSession = false;
		const socket = connect(options, (...outcome) => {
			const accepted = () => {
				settle('over');
				connected(...outcome);
			};
			// Others do not wait for each other then: each of them may take as long to fail.
			const failed = (error: Error) => {
				settle('not yet');
				connected(error, null);
			};
			// undici leaves the second argument out when it failed.
			if (outcome[0] !== null) failed(outcome[0]);
			else if (hasSession) accepted(); // with the handshake, as in TLS 1.2
			else untilAccepted(outcome[1], accepted, failed);
		}) as Socket | undefined;
		socket?.once('session', () => (hasSession = true));
	};

	return (options, connected) => {
		if (first === 'over') connect(options, connected);
		else if (first === 'not yet') openFirst(options, connected);
		else waiting.push(() => connect(options, connected));
	};
}

function untilAccepted(socket: Socket, accepted: () => void, failed: (error: Error) => void): void {
	let ended = false;
	const end = (then: () => void) => {
		if (ended) return;
		ended = true;
		clearTimeout(grace);
		socket.off('session', onSession).off('error', onError).off('close', onClose);
		then();
	};
	// In a turn of its own: Node announces a session in the midst of reading, where a request written at once would get stuck.
	const onSession = () => setImmediate(end, accepted);
	const onError = (error: Error) => end(() => failed(error));
	const onClose = () => onError(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
	const grace = setTimeout(end, SESSION_GRACE_MS, accepted);
	socket.once('session', onSession).once('error', onError).once('close', onClose);
}

/** Connections that a client opens to MESH at most; more calls at the same time only wait for one. */
export const CONNECTIONS = 8;

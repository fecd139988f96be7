import { buildConnector, Pool, ProxyAgent } from 'undici';
import type { Dispatcher } from 'undici';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { Timeouts } from '../types';
import { CONNECTIONS } from './connections';
import { ExchangeHandler } from './exchangeHandler';
import { oneFullHandshake } from './oneFullHandshake';
import { proxyFor } from './proxyFor';
import type { HttpRequest, HttpResponse, Transport } from './types';

export interface TransportOptions {
	/** Scheme, host and port. */
	origin: string;
	/** Our certificate and whom we trust; absent for plain http. */
	secureContext?: SecureContext;
	ignoreServerCertificate: boolean;
	timeouts: Timeouts;
	/** Where proxies are named; default: the environment of the process. */
	environment?: NodeJS.ProcessEnv;
}

/** Below the 60 s after which common load balancers drop an idle connection: a POST must not meet a closing one. */
const KEEP_ALIVE_MS = 50_000;

/** One pool of kept-alive HTTP/1.1 connections to one host, with our client certificate. Redirects are not followed. */
export function undiciTransport(options: TransportOptions): Transport {
	const { origin, timeouts } = options;
	const { host } = new URL(origin);
	// Opened with the first request, and again after `close`.
	let dispatcher: Dispatcher | undefined;
	return {
		async request(request: HttpRequest): Promise<HttpResponse> {
			const handler = new ExchangeHandler(request, host, timeouts);
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
						headersTimeout: 0, // ours are better: ExchangeHandler
						bodyTimeout: timeouts.stallMs,
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
	const { secureContext, ignoreServerCertificate, timeouts, environment = process.env } = options;
	const tls = {
		...(secureContext ? { secureContext } : {}),
		rejectUnauthorized: !ignoreServerCertificate,
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

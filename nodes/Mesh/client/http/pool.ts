import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { Client } from 'undici';
import type { Dispatcher } from 'undici';
import { CodedError } from '../errors';
import type { MeshRuntime } from '../runtime';
import type { Timeouts } from '../settings';
import { NotConnected, connectorTo, inTime, stopped } from './connect';
import type { Connect, Connected, Stop } from './connect';
import { ignoreInterimAnswers } from './response';
import { networkError } from './networkErrors';
import { proxyTo } from './proxy';
import { ExchangeHandler } from './request';
import type { HttpRequest, HttpResponse, Transport } from './response';
import { turnsOf } from './turns';

interface TransportOptions {
	/** Scheme, host and port. */
	origin: string;
	/** Our certificate and whom we trust; absent for plain http. */
	secureContext?: SecureContext;
	ignoreSslIssues: boolean;
	timeouts: Timeouts;
	/** The timer of silences. */
	after: MeshRuntime['after'];
	/** Whose turns the requests take. */
	mailbox: string;
	/** Requests at a time. */
	connections: number;
	/** Where proxies are named; default: the environment of the process. */
	environment?: NodeJS.ProcessEnv;
}

/** Below the 60 s after which common load balancers drop an idle connection: a POST must not meet a closing one. */
const KEEP_ALIVE_MS = 50_000;

/** Kept-alive HTTP/1.1 connections to one host, with our client certificate. Redirects are not followed. */
export function undiciTransport(options: TransportOptions): Transport {
	const { timeouts, after } = options;
	const turns = turnsOf(options.mailbox, options.connections);
	// Made with the first request, and again after `close`.
	let pool: Connections | undefined;
	return {
		async request(request: HttpRequest): Promise<HttpResponse> {
			const { call, signal, ahead } = request;
			const patience = timeouts.turnMs === undefined ? undefined : { milliseconds: timeouts.turnMs, after };
			const done = await turns.take({ ahead, call, signal, patience });
			let connection: Connection;
			try {
				pool ??= new Connections(options);
				connection = pool.free();
			} catch (error) {
				done();
				throw networkError(error, { call, host: new URL(options.origin).host, sent: false });
			}
			return await connection.request(request, done);
		},
		mayAskAhead: turns.mayAskAhead,
		async close() {
			const closing = pool;
			pool = undefined;
			turns.leave();
			await closing?.close();
		},
	};
}

/** The connections of a client: as many as requests have run at the same time. All take the same way, and share TLS sessions. */
class Connections {
	readonly #all: Connection[] = [];
	readonly #connect: Connect;
	readonly #route: Route;

	constructor(private readonly options: TransportOptions) {
		const { origin, secureContext, ignoreSslIssues, timeouts, after, environment = process.env } = options;
		const proxy = proxyTo(origin, environment);
		const connect = connectorTo({ origin, secureContext, rejectUnauthorized: !ignoreSslIssues, proxy });
		this.#connect = inTime(secureContext ? oneFullHandshake(connect) : connect, (late) => after(timeouts.connectMs, late));
		// A proxy is asked for the whole address where there is no tunnel.
		this.#route =
			proxy && origin.startsWith('http:')
				? { prefix: origin, headers: proxy.authorization ? { 'proxy-authorization': proxy.authorization } : {} }
				: { prefix: '', headers: {} };
	}

	/** One that carries no request, by preference one that stands. */
	free(): Connection {
		const free = this.#all.filter(({ isFree }) => isFree);
		const found = free.find(({ isOpen }) => isOpen) ?? free[0];
		if (found) return found;
		const added = new Connection(this.options, this.#connect, this.#route);
		this.#all.push(added);
		return added;
	}

	async close(): Promise<void> {
		await Promise.all(this.#all.map(async (connection) => await connection.close()));
	}
}

interface Route {
	/** Before each path. */
	prefix: string;
	/** In each request, for the proxy. */
	headers: Record<string, string>;
}

/**
 * One connection, opened when it is needed, and again when it was lost. It carries one request at a time, so that whoever gives a
 * request up ends the set-up that was under way for it and for nothing else; undici's own pool could not tell.
 */
class Connection {
	readonly #client: Client;
	#current: ExchangeHandler | undefined;
	#socket: Socket | undefined;
	#beginAnswer: (() => void) | undefined;
	#stop: Stop | undefined;

	constructor(
		private readonly options: TransportOptions,
		connect: Connect,
		private readonly route: Route,
	) {
		this.#client = new Client(options.origin, {
			pipelining: 1,
			allowH2: false,
			keepAliveTimeout: KEEP_ALIVE_MS,
			// In a turn of its own, as undici asks for a connection also for a request that was aborted over the one before: none is made
			// for it.
			connect: (_options, callback) =>
				queueMicrotask(() => {
					if (this.#current === undefined || this.#current.over) return callback(new NotConnected(stopped('cancelled')), null);
					this.#stop = connect((error, socket) => {
						this.#stop = undefined;
						this.#socket = socket;
						this.#beginAnswer = socket && ignoreInterimAnswers(socket);
						if (socket) callback(null, socket);
						else callback(new NotConnected(error ?? stopped('cancelled')), null);
					});
				}),
		});
	}

	get isFree(): boolean {
		return this.#current === undefined;
	}

	get isOpen(): boolean {
		return this.#socket?.destroyed === false;
	}

	/** @param done called when the connection can carry another request */
	async request(request: HttpRequest, done: () => void): Promise<HttpResponse> {
		const { origin } = this.options;
		const handler = new ExchangeHandler(request, new URL(origin).host, this.options, {
			begun: () => this.#beginAnswer?.(),
			givenUp: () => this.#stop?.('cancelled'),
			free: () => {
				if (this.#current === handler) this.#current = undefined;
				done();
			},
		});
		this.#current = handler;
		try {
			const headers = { ...request.headers(), ...this.route.headers };
			this.#client.dispatch(
				{
					origin,
					path: this.route.prefix + request.path,
					method: request.method,
					headers: request.body ? { ...headers, 'content-length': String(request.body.length) } : headers,
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
	}

	async close(): Promise<void> {
		await this.#client.close();
	}
}

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
 * @param connect keeps sessions and uses them
 */
function oneFullHandshake(connect: Connect): Connect {
	let first: 'not yet' | 'under way' | 'over' = 'not yet';
	let waiting: Array<() => void> = [];

	const settle = (outcome: typeof first) => {
		first = outcome;
		const others = waiting;
		waiting = [];
		for (const start of others) start();
	};
	const openFirst = (connected: Connected): Stop => {
		first = 'under way';
		let judged: Socket | undefined;
		const stop = connect((error, socket, resumable) => {
			const accepted = () => {
				settle('over');
				connected(null, socket);
			};
			// Others do not wait for each other then: each of them may take as long to fail.
			const failed = (reason: Error) => {
				settle('not yet');
				connected(reason);
			};
			if (error !== null || socket === undefined) return failed(error ?? stopped('cancelled'));
			if (resumable) return accepted(); // with the handshake, as in TLS 1.2
			judged = socket;
			untilAccepted(socket, accepted, failed);
		});
		return (why) => {
			if (judged) judged.destroy(stopped(why));
			else stop(why);
		};
	};

	return (connected) => {
		if (first === 'over') return connect(connected);
		if (first === 'not yet') return openFirst(connected);
		let stop: Stop | undefined;
		const start = () => (stop = connect(connected));
		waiting.push(start);
		return (why) => {
			if (stop) return stop(why);
			waiting = waiting.filter((other) => other !== start);
			connected(stopped(why));
		};
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
	const onClose = () => onError(new CodedError('ECONNRESET'));
	const grace = setTimeout(end, SESSION_GRACE_MS, accepted);
	socket.once('session', onSession).once('error', onError).once('close', onClose);
}

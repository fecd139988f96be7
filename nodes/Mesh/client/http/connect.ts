import { connect as connectTcp } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { SecureContext, TLSSocket } from 'node:tls';
import { CodedError, errorCode } from '../errors';
import type { Proxy } from './proxy';

export interface Destination {
	/** Scheme, host and port. */
	origin: string;
	/** Our certificate and whom we trust. */
	secureContext?: SecureContext;
	rejectUnauthorized: boolean;
	/** The way there. Plain http has no tunnel: the connection ends at the proxy, which is then asked for whole addresses. */
	proxy?: Proxy;
}

/** Called once. `resumable` tells that the server has offered a TLS session already. */
export type Connected = (error: Error | null, socket?: Socket, resumable?: boolean) => void;
/** Ends what is under way, for good; what came of it is told to `Connected` as a failure. */
export type Stop = (why: 'cancelled' | 'too late') => void;
/** Begins to set up a connection. */
export type Connect = (connected: Connected) => Stop;

/**
 * Sets up connections, directly or through a proxy, up to the end of the TLS handshake. It does so itself because undici 7
 * repeats without end a CONNECT that a proxy answers by closing, and neither its time-out nor a cancelled request ends that.
 * The latest TLS session is kept, so that the next handshake is a short one.
 */
export function connectorTo(destination: Destination): Connect {
	const latest: { session?: Buffer } = {};
	return (connected) => {
		const attempt = new Attempt(destination, latest, connected);
		return (why) => attempt.stop(why);
	};
}

/** One limit for all that a connection waits for, and nothing goes on when it is over. */
export function inTime(connect: Connect, start: (late: () => void) => () => void): Connect {
	return (connected) => {
		const stop = connect((...outcome) => {
			stopTimer();
			connected(...outcome);
		});
		const stopTimer = start(() => stop('too late'));
		return stop;
	};
}

/** One connection that is being set up. */
class Attempt {
	#socket: Socket;
	#tunnel: Socket | undefined;
	/** Who is being waited for. */
	#at: 'proxy' | 'tunnel' | 'server';
	#over = false;
	#resumable = false;

	constructor(
		private readonly destination: Destination,
		private readonly latest: { session?: Buffer },
		private readonly connected: Connected,
	) {
		const { proxy, origin } = destination;
		const target = new URL(origin);
		const isSecure = target.protocol === 'https:';
		this.#at = proxy ? 'proxy' : 'server';
		if (!proxy) {
			this.#socket = isSecure ? this.#secured(target) : this.#plain(hostOf(target), Number(target.port || 80));
			this.#when(isSecure ? 'secureConnect' : 'connect', () => this.#succeed());
			return;
		}
		this.#socket = proxy.secure
			? this.#watched(
					connectTls({
						host: proxy.hostname,
						port: proxy.port,
						minVersion: 'TLSv1.2',
						ALPNProtocols: ['http/1.1'],
						...serverName(proxy.hostname),
					}),
				)
			: this.#plain(proxy.hostname, proxy.port);
		this.#when(proxy.secure ? 'secureConnect' : 'connect', () => {
			if (!isSecure) return this.#succeed();
			this.#ask(`${target.hostname}:${target.port || 443}`, proxy.authorization);
		});
	}

	stop(why: 'cancelled' | 'too late'): void {
		this.#fail(this.#at === 'server' || why === 'cancelled' ? stopped(why) : new CodedError('MESH_PROXY_TIMEOUT'));
	}

	/** CONNECT, and what the proxy says to it. */
	#ask(authority: string, authorization: string | undefined): void {
		const tunnel = this.#socket;
		this.#at = 'tunnel';
		const lines = [
			`CONNECT ${authority} HTTP/1.1`,
			`Host: ${authority}`,
			...(authorization ? [`Proxy-Authorization: ${authorization}`] : []),
			'',
			'',
		];
		tunnel.write(lines.join('\r\n'), 'latin1');
		let answer = Buffer.alloc(0);
		const onReadable = () => {
			// Not by 'data', which would go on reading what is for TLS.
			for (let piece: Buffer | null; (piece = tunnel.read() as Buffer | null) !== null; ) answer = Buffer.concat([answer, piece]);
			const status = tunnelStatus(answer);
			if (status === undefined) return;
			tunnel.off('readable', onReadable);
			if (status !== 'stands') return this.#fail(new CodedError(status));
			this.#at = 'server';
			this.#tunnel = tunnel;
			this.#socket = this.#secured(new URL(this.destination.origin), tunnel);
			this.#when('secureConnect', () => this.#succeed());
		};
		tunnel.on('readable', onReadable);
	}

	#plain(host: string, port: number): Socket {
		return this.#watched(connectTcp({ host, port }));
	}

	#secured(target: URL, tunnel?: Socket): TLSSocket {
		const { secureContext, rejectUnauthorized } = this.destination;
		const host = hostOf(target);
		const socket = connectTls({
			host,
			...(tunnel ? { socket: tunnel } : { port: Number(target.port || 443) }),
			...serverName(host),
			...(secureContext ? { secureContext } : {}),
			rejectUnauthorized,
			minVersion: 'TLSv1.2',
			ALPNProtocols: ['http/1.1'],
			session: this.latest.session,
		});
		socket.on('session', (session: Buffer) => {
			this.latest.session = session;
			this.#resumable = true;
		});
		return this.#watched(socket);
	}

	#watched<Kind extends Socket>(socket: Kind): Kind {
		const failed = (error: Error) => {
			// A tunnel has nothing to say once TLS runs in it.
			if (socket === this.#socket) this.#fail(this.#explained(error));
		};
		socket.setNoDelay(true).setKeepAlive(true, 60_000);
		// With the error, also later on: a server that ends TLS with an alert, such as for our certificate, would else be known only to
		// have closed the connection.
		socket.once('error', (error: Error) => {
			socket.destroy(error);
			failed(error);
		});
		socket.on('error', () => {});
		socket.once('end', () => failed(new CodedError('ECONNRESET')));
		socket.once('close', () => failed(new CodedError('ECONNRESET')));
		return socket;
	}

	/** What the proxy did is not the server's doing. */
	#explained(error: Error): Error {
		if (this.#at === 'server') {
			// Node says so of every code of its verification, known or not.
			const refused: unknown = Reflect.get(this.#socket, 'authorizationError');
			return typeof refused === 'string' && refused !== '' ? new NotVerified(error) : error;
		}
		if (this.#at === 'tunnel') return new CodedError('MESH_PROXY_CLOSED', error);
		// Codes of the operating system, and not those of TLS.
		const isOfSystem = /^E(?!PROTO|RR_)/.test(errorCode(error) ?? '');
		return new CodedError(isOfSystem ? 'MESH_PROXY_UNREACHABLE' : 'MESH_PROXY_TLS', error);
	}

	#when(event: 'connect' | 'secureConnect', then: () => void): void {
		this.#socket.once(event, () => {
			if (!this.#over) then();
		});
	}

	#succeed(): void {
		this.#over = true;
		this.connected(null, this.#socket, this.#resumable);
	}

	#fail(error: Error): void {
		if (this.#over) return;
		this.#over = true;
		this.#socket.destroy();
		this.#tunnel?.destroy();
		this.connected(error);
	}
}

/** More than any proxy says before an empty line. */
const LONGEST_ANSWER = 64 * 1024;

/** Undefined while the answer to CONNECT has not ended, then whether the tunnel stands, or the code of an error. */
function tunnelStatus(answer: Buffer): undefined | string {
	const end = answer.indexOf('\r\n\r\n');
	const head = answer.toString('latin1', 0, end < 0 ? answer.length : end);
	const [, status] = /^HTTP\/1\.[01] (\d{3})/.exec(head) ?? [];
	if (status === undefined) return end < 0 && answer.length < 12 ? undefined : 'MESH_PROXY_NOT_HTTP';
	if (end < 0) return answer.length > LONGEST_ANSWER ? 'MESH_PROXY_NOT_HTTP' : undefined;
	const rest = answer.subarray(end + 4);
	if (status.startsWith('1')) return tunnelStatus(rest);
	if (!status.startsWith('2')) return `MESH_PROXY_STATUS_${status}`;
	// In a tunnel nobody speaks before we do.
	return rest.length > 0 || /^content-length: *0*[1-9]|^transfer-encoding:/im.test(head) ? 'MESH_PROXY_PAGE' : 'stands';
}

function hostOf({ hostname }: URL): string {
	return hostname.replace(/^\[|\]$/g, '');
}

/** TLS names no server that is known by its address only. */
function serverName(host: string): { servername?: string } {
	return /^[\d.]+$|:/.test(host) ? {} : { servername: host };
}

/**
 * Why there is no connection, for undici: it goes by codes, tries some of them again without end, and after others takes no further
 * request.
 */
export class NotConnected extends Error {
	constructor(override readonly cause: Error) {
		super('not connected');
	}
}

/** Node's verification of the server's certificate refused it. */
export class NotVerified extends Error {
	constructor(override readonly cause: Error) {
		super('not verified');
	}
}

/** Why nothing came of a connection that was ended from here. */
export function stopped(why: Parameters<Stop>[0]): Error {
	return new CodedError(why === 'cancelled' ? 'ECONNABORTED' : 'MESH_CONNECT_TIMEOUT');
}

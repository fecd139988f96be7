import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { BROKEN_OFF, certificateFailure, watchConnections } from './connectionFailures';
import type { ConnectionFailure, ConnectionState } from './connectionFailures';
import { sendRefusalAlerts } from './refusalAlert';

/** The TCP connection that a request came on. */
export interface Connection {
	/** 1, 2, 3 ... */
	id: number;
	/** Cuts it with RST, whatever is under way. */
	reset(): void;
}

/** What is known of an open connection. */
interface Entry extends ConnectionState {
	id: number;
	socket: Socket;
	isSecure: boolean;
}

/**
 * The listening TCP server in front of the HTTPS (or HTTP) server: counts connections, turns new ones away when a fault
 * says so, tells of those that come to nothing, and keeps hold of the plain sockets, since only those can be reset (a TLS socket cannot).
 */
export class FrontDoor {
	readonly counts = { accepted: 0, open: 0, resumed: 0 };
	private readonly server: Server;
	private readonly byRemotePort = new Map<number, Entry>();
	private inner?: HttpServer;

	/**
	 * `refuses` is asked once for each new connection; `onFailure` is told of connections on which no request could be read.
	 */
	constructor(
		private readonly isTls: boolean,
		private readonly refuses: () => boolean,
		private readonly onFailure: (connection: number, failure: ConnectionFailure) => void,
	) {
		this.server = createServer({ noDelay: true, allowHalfOpen: !isTls }, (socket) => this.enter(socket));
	}

	/** Leads to this server from now on. */
	leadTo(inner: HttpServer): void {
		this.inner = inner;
		watchConnections(
			inner,
			(socket) => this.entryOf(socket),
			(socket, failure) => this.fail(socket, failure),
		);
		if (!this.isTls) return;
		sendRefusalAlerts(
			inner,
			(socket) => this.entryOf(socket)?.socket,
			(socket, code) => this.fail(socket, certificateFailure(code)),
		);
		inner.on('secureConnection', (socket: TLSSocket) => {
			const entry = this.entryOf(socket);
			if (entry) entry.isSecure = true;
			if (socket.isSessionReused()) this.counts.resumed++;
		});
	}

	/** Resolves to the port. Rejects with EADDRINUSE when it is taken. */
	listen(port: number, host: string): Promise<number> {
		return new Promise((resolve, reject) => {
			this.server.once('error', reject);
			this.server.listen(port, host, () => {
				this.server.off('error', reject);
				const address = this.server.address();
				resolve(typeof address === 'object' && address ? address.port : port);
			});
		});
	}

	/** The connection behind a request's socket, TLS or not. */
	connectionOf(socket: Socket): Connection {
		const entry = this.entryOf(socket);
		return { id: entry?.id ?? 0, reset: () => (entry ? reset(entry.socket) : socket.destroy()) };
	}

	/** Tells of a connection that came to nothing. */
	fail(socket: Socket, failure: ConnectionFailure): void {
		const entry = this.entryOf(socket);
		if (entry) entry.hasFailed = true;
		this.onFailure(entry?.id ?? 0, failure);
	}

	/** Stops listening and cuts what is open. */
	async close(): Promise<void> {
		const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
		for (const { socket } of this.byRemotePort.values()) socket.destroy();
		await closed;
	}

	private entryOf(socket: Socket): Entry | undefined {
		return this.byRemotePort.get(socket.remotePort ?? -1);
	}

	private enter(socket: Socket): void {
		if (this.refuses()) return reset(socket);
		const port = socket.remotePort;
		if (port === undefined) return void socket.destroy();
		this.counts.accepted++;
		this.counts.open++;
		const entry: Entry = { id: this.counts.accepted, socket, isSecure: false, hasFailed: false };
		this.byRemotePort.set(port, entry);
		socket.on('error', () => socket.destroy());
		socket.once('close', () => {
			this.counts.open--;
			this.byRemotePort.delete(port);
			// Node's clients, for one, break off without a word when they do not trust the server.
			const isBrokenOff = this.isTls && !entry.isSecure && !entry.hasFailed && socket.bytesRead > 0;
			if (isBrokenOff) this.onFailure(entry.id, { method: 'TLS', outcome: BROKEN_OFF });
		});
		this.inner?.emit('connection', socket);
	}
}

function reset(socket: Socket): void {
	if (!socket.destroyed) socket.resetAndDestroy();
}

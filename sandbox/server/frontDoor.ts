import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { sendRefusalAlerts } from './refusalAlert';

/** The TCP connection that a request came on. */
export interface Connection {
	/** 1, 2, 3 ... */
	id: number;
	/** Cuts it with RST, whatever is under way. */
	reset(): void;
}

/**
 * The listening TCP server in front of the HTTPS (or HTTP) server: counts connections, turns new ones away when a fault
 * says so, and keeps hold of the plain sockets, since only those can be reset (a TLS socket cannot).
 */
export class FrontDoor {
	readonly counts = { accepted: 0, open: 0, resumed: 0 };
	private readonly server: Server;
	private readonly byRemotePort = new Map<number, { id: number; socket: Socket }>();
	private inner?: HttpServer;

	/** `refuses` is asked once for each new connection. */
	constructor(
		private readonly isTls: boolean,
		private readonly refuses: () => boolean,
	) {
		this.server = createServer({ noDelay: true, allowHalfOpen: !isTls }, (socket) => this.enter(socket));
	}

	/** Leads to this server from now on. */
	leadTo(inner: HttpServer): void {
		this.inner = inner;
		if (!this.isTls) return;
		sendRefusalAlerts(inner, (socket) => this.byRemotePort.get(socket.remotePort ?? -1)?.socket);
		inner.on('secureConnection', (socket: TLSSocket) => {
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
		const entry = this.byRemotePort.get(socket.remotePort ?? -1);
		return { id: entry?.id ?? 0, reset: () => (entry ? reset(entry.socket) : socket.destroy()) };
	}

	/** Stops listening and cuts what is open. */
	async close(): Promise<void> {
		const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
		for (const { socket } of this.byRemotePort.values()) socket.destroy();
		await closed;
	}

	private enter(socket: Socket): void {
		if (this.refuses()) return reset(socket);
		const port = socket.remotePort;
		if (port === undefined) return void socket.destroy();
		this.counts.accepted++;
		this.counts.open++;
		this.byRemotePort.set(port, { id: this.counts.accepted, socket });
		socket.on('error', () => socket.destroy());
		socket.once('close', () => {
			this.counts.open--;
			this.byRemotePort.delete(port);
		});
		this.inner?.emit('connection', socket);
	}
}

function reset(socket: Socket): void {
	if (!socket.destroyed) socket.resetAndDestroy();
}

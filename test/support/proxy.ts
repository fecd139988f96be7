import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

/**
 * How a proxy treats what it is asked, CONNECT and plain requests alike:
 * - `work`: as it should;
 * - `silent`: takes the connection and never says a word;
 * - `close`: ends the connection as soon as it is asked, as an access list or a TLS-only port does;
 * - `reset`: cuts it with RST instead;
 * - `answer`: refuses with a page of its own, such as 403, 407 or 502;
 * - `dropAfter`: works until so many bytes have come back from the target, then cuts both sides.
 */
export type ProxyMode =
	| { kind: 'work' | 'silent' | 'close' | 'reset' }
	| { kind: 'answer'; status: number; headers?: Record<string, string>; body?: string }
	| { kind: 'dropAfter'; bytes: number };

const PAGE = '<!DOCTYPE html><html><head><title>Blocked</title></head><body>Your organisation does not allow this address.</body></html>';

/** A forward proxy on 127.0.0.1, as a company or a hospital has one: CONNECT for https, whole addresses for http. */
export class TestProxy {
	/** May be changed at any time; holds for what is asked from then on. */
	mode: ProxyMode = { kind: 'work' };
	/** TCP connections taken since the last reset(). */
	connections = 0;
	/** `host:port` of each CONNECT since the last reset(), answered or not. */
	tunnels: string[] = [];
	/** Address of each plain request since the last reset(). */
	plainRequests: string[] = [];
	/** Proxy-Authorization of each of either kind, undefined where there was none. */
	credentials: Array<string | undefined> = [];
	private readonly open = new Set<Socket>();
	private readonly server = createServer((asked, answer) => this.forward(asked, answer));
	private heard: Array<() => void> = [];

	private constructor() {
		this.server.on('connection', (socket: Socket) => {
			this.connections++;
			this.keep(socket);
		});
		this.server.on('connect', (asked: IncomingMessage, socket: Socket, head: Buffer) => this.tunnel(asked, socket, head));
	}

	static async start(mode: ProxyMode = { kind: 'work' }): Promise<TestProxy> {
		const proxy = new TestProxy();
		proxy.mode = mode;
		await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
		return proxy;
	}

	/** Such as `http://127.0.0.1:40123`. */
	get url(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** Connections open now, to clients and to targets. */
	get openConnections(): number {
		return this.open.size;
	}

	/** Resolves when the next CONNECT or plain request has come in: a silent proxy is silent from then on. */
	nextAsked(): Promise<void> {
		return new Promise((resolve) => this.heard.push(resolve));
	}

	/** Works again, and forgets what it counted. */
	reset(): void {
		this.mode = { kind: 'work' };
		this.connections = 0;
		this.tunnels = [];
		this.plainRequests = [];
		this.credentials = [];
	}

	async close(): Promise<void> {
		const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
		for (const socket of this.open) socket.destroy();
		await closed;
	}

	private tunnel(asked: IncomingMessage, socket: Socket, head: Buffer): void {
		this.tunnels.push(asked.url ?? '');
		if (this.refuses(asked, socket)) return;
		const [, host, port] = /^\[?([^\]]+)\]?:(\d+)$/.exec(asked.url ?? '') ?? [];
		if (host === undefined) return void socket.end(rawAnswer(400));
		const target = connect(Number(port), host, () => {
			socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
			target.write(head);
			socket.pipe(target);
			target.pipe(socket);
		});
		this.join(socket, target);
		target.once('error', () => socket.end(rawAnswer(502)));
	}

	private forward(asked: IncomingMessage, answer: ServerResponse): void {
		this.plainRequests.push(asked.url ?? '');
		if (this.refuses(asked, asked.socket)) return;
		const headers = Object.fromEntries(Object.entries(asked.headers).filter(([name]) => !name.startsWith('proxy-')));
		const onwards = request(asked.url ?? '', { method: asked.method, headers, agent: false }, (came) => {
			answer.writeHead(came.statusCode ?? 502, came.headers);
			came.pipe(answer);
			came.once('error', () => asked.socket.destroy());
		});
		onwards.once('socket', (target) => this.join(asked.socket, target));
		onwards.once('error', () => (answer.headersSent ? asked.socket.destroy() : answer.writeHead(502).end(PAGE)));
		asked.pipe(onwards);
	}

	/** Whether this request ends here, and ends it. */
	private refuses(asked: IncomingMessage, socket: Socket): boolean {
		this.credentials.push(asked.headers['proxy-authorization']);
		for (const tell of this.heard.splice(0)) tell();
		switch (this.mode.kind) {
			case 'silent':
				// Else the client's end would go unnoticed.
				socket.resume().once('end', () => socket.destroy());
				return true;
			case 'close':
				socket.end();
				return true;
			case 'reset':
				socket.resetAndDestroy();
				return true;
			case 'answer':
				socket.end(rawAnswer(this.mode.status, this.mode.headers, this.mode.body));
				return true;
			default:
				return false;
		}
	}

	/** What ends one side ends the other, and so does the limit of `dropAfter`. */
	private join(socket: Socket, target: Socket): void {
		this.keep(target);
		socket.once('close', () => target.destroy());
		const { mode } = this;
		let bytes = 0;
		target.on('data', (block: Buffer) => {
			bytes += block.length;
			if (mode.kind !== 'dropAfter' || bytes < mode.bytes) return;
			target.destroy();
			socket.destroy();
		});
		target.once('close', () => socket.destroySoon());
	}

	private keep(socket: Socket): void {
		this.open.add(socket);
		socket.on('error', () => socket.destroy());
		socket.once('close', () => this.open.delete(socket));
	}
}

function rawAnswer(status: number, headers: Record<string, string> = { 'content-type': 'text/html' }, body = PAGE): string {
	const lines = Object.entries({ ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' }).map(
		([name, value]) => `${name}: ${value}`,
	);
	return [`HTTP/1.1 ${status} Answered by the proxy`, ...lines, '', body].join('\r\n');
}

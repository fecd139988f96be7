import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';

/**
 * How a proxy treats what it is asked, CONNECT and plain requests alike:
 * - `work`: as it should;
 * - `silent`: takes the connection and never says a word;
 * - `close`: ends the connection as soon as it is asked, as an access list or a TLS-only port does;
 * - `reset`: cuts it with RST instead;
 * - `garbage`: says something that is no HTTP;
 * - `answer`: refuses with a page of its own, such as 403, 407 or 502;
 * - `interim`: works, and says 100 Continue and 102 Processing before it passes on what is said to a plain request;
 * - `dropAfter`: works until so many bytes have come back from the target, then cuts both sides.
 */
export type ProxyMode =
	| { kind: 'work' | 'silent' | 'close' | 'reset' | 'garbage' | 'interim' }
	| { kind: 'answer'; status: number; headers?: Record<string, string>; body?: string }
	| { kind: 'dropAfter'; bytes: number };

/** Which of what is asked is treated in a special way. */
interface Strikes {
	/** What comes before the first. */
	skip?: number;
	/** Of this or what follows; default: all. */
	times?: number;
	/** The first is one that this holds for: the address of a plain request, or `host:port` of a CONNECT. Default: any. */
	from?(address: string): boolean;
}

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
	private readonly clients = new WeakSet<Socket>();
	private readonly server;
	private heard: Array<() => void> = [];
	private strikes: Required<Strikes> = { skip: 0, times: Infinity, from: () => true };
	private readonly silences = { untold: 0, waiting: [] as Array<() => void> };

	private constructor(private readonly tls: { certificate: string; privateKey: string } | undefined) {
		const forward = (asked: IncomingMessage, answer: ServerResponse) => this.forward(asked, answer);
		this.server = tls ? createTlsServer({ cert: tls.certificate, key: tls.privateKey }, forward) : createServer(forward);
		this.server.on('connection', (socket: Socket) => {
			this.connections++;
			this.clients.add(socket);
			this.keep(socket);
		});
		this.server.on('connect', (asked: IncomingMessage, socket: Socket, head: Buffer) => this.tunnel(asked, socket, head));
	}

	/** @param tls for a proxy that is itself spoken to over TLS */
	static async start(mode: ProxyMode = { kind: 'work' }, tls?: { certificate: string; privateKey: string }): Promise<TestProxy> {
		const proxy = new TestProxy(tls);
		proxy.mode = mode;
		await new Promise<void>((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
		return proxy;
	}

	/** Such as `http://127.0.0.1:40123`. */
	get url(): string {
		return `${this.tls ? 'https' : 'http'}://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** Connections open now, to clients and to targets. */
	get openConnections(): number {
		return this.open.size;
	}

	/** Sets the mode for some of what is asked; all else works as it should. */
	treat(mode: ProxyMode, { skip = 0, times = Infinity, from = () => true }: Strikes = {}): void {
		this.mode = mode;
		this.strikes = { skip, times, from };
	}

	/** Ends every connection in the middle of what it is doing; with `page`, clients find one where the target's words should be. */
	cut(page = false): void {
		for (const socket of this.open) {
			if (page && this.clients.has(socket)) socket.end(rawAnswer(502));
			else socket.destroy();
		}
	}

	/** Resolves when it has been asked for something and is now silent: once for each time, in order. */
	nextSilence(): Promise<void> {
		if (this.silences.untold === 0) return new Promise((resolve) => this.silences.waiting.push(resolve));
		this.silences.untold--;
		return Promise.resolve();
	}

	/** Resolves when the next CONNECT or plain request has come in. */
	nextAsked(): Promise<void> {
		return new Promise((resolve) => this.heard.push(resolve));
	}

	/** Works again, and forgets what it counted. */
	reset(): void {
		this.treat({ kind: 'work' });
		this.silences.untold = 0;
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

	/** How this is treated; counts it. */
	private modeFor(address: string): ProxyMode {
		const { strikes } = this;
		if (strikes.from(address) && strikes.skip-- <= 0) strikes.from = () => true;
		else return { kind: 'work' };
		return strikes.times-- > 0 ? this.mode : { kind: 'work' };
	}

	private tunnel(asked: IncomingMessage, socket: Socket, head: Buffer): void {
		this.tunnels.push(asked.url ?? '');
		const mode = this.modeFor(asked.url ?? '');
		if (this.refuses(mode, asked, socket)) return;
		const [, host, port] = /^\[?([^\]]+)\]?:(\d+)$/.exec(asked.url ?? '') ?? [];
		if (host === undefined) return void socket.end(rawAnswer(400));
		const unreachable = () => socket.end(rawAnswer(502));
		const target = connect(Number(port), host, () => {
			target.off('error', unreachable);
			socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
			target.write(head);
			socket.pipe(target);
			target.pipe(socket);
		});
		this.join(socket, target, mode);
		target.once('error', unreachable);
	}

	private forward(asked: IncomingMessage, answer: ServerResponse): void {
		this.plainRequests.push(asked.url ?? '');
		const mode = this.modeFor(asked.url ?? '');
		if (this.refuses(mode, asked, asked.socket)) return;
		if (mode.kind === 'interim') {
			answer.writeContinue();
			answer.writeProcessing();
		}
		const headers = Object.fromEntries(Object.entries(asked.headers).filter(([name]) => !name.startsWith('proxy-')));
		const onwards = request(asked.url ?? '', { method: asked.method, headers, agent: false }, (came) => {
			answer.writeHead(came.statusCode ?? 502, came.headers);
			came.pipe(answer);
			came.once('error', () => asked.socket.destroy());
		});
		onwards.once('socket', (target) => this.join(asked.socket, target, mode));
		onwards.once('error', () => (answer.headersSent ? asked.socket.destroy() : answer.writeHead(502).end(PAGE)));
		asked.pipe(onwards);
	}

	/** Whether this request ends here, and ends it. */
	private refuses(mode: ProxyMode, asked: IncomingMessage, socket: Socket): boolean {
		this.credentials.push(asked.headers['proxy-authorization']);
		for (const tell of this.heard.splice(0)) tell();
		switch (mode.kind) {
			case 'silent':
				// Else the client's end would go unnoticed.
				socket.resume().once('end', () => socket.destroy());
				this.fallSilent();
				return true;
			case 'close':
				socket.end();
				return true;
			case 'reset':
				socket.resetAndDestroy();
				return true;
			case 'garbage':
				socket.end('\x15\x03\x01\x00\x02\x02\x28 this is no HTTP\r\n\r\n');
				return true;
			case 'answer':
				socket.end(rawAnswer(mode.status, mode.headers, mode.body));
				return true;
			default:
				return false;
		}
	}

	private fallSilent(): void {
		const tell = this.silences.waiting.shift();
		if (tell) tell();
		else this.silences.untold++;
	}

	/** What ends one side ends the other, and so does the limit of `dropAfter`. */
	private join(socket: Socket, target: Socket, mode: ProxyMode): void {
		this.keep(target);
		socket.once('close', () => target.destroy());
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

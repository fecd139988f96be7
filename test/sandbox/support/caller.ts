import { createHmac, randomUUID } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { connect } from 'node:tls';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../../sandbox';

/** What came back. */
export interface Reply {
	status: number;
	headers: IncomingHttpHeaders;
	body: Buffer;
	text: string;
	/** The body as JSON. */
	json: Record<string, unknown>;
}

/** One request; `path` starts behind /messageexchange/. */
export interface Call {
	method?: string;
	path: string;
	/** Signs for this mailbox; default: the first part of the path. `null` sends no token. */
	as?: string | null;
	version?: 1 | 2;
	headers?: Record<string, string>;
	body?: Buffer | string;
	/** Called for each 100 Continue. */
	onInformation?: () => void;
}

/** The token of a request, built from the published rule alone. */
export function token(
	mailbox: string,
	now: number,
	{ nonce = randomUUID() as string, count = '0', password = 'password', sharedKey = 'TestKey' } = {},
): string {
	const timestamp = new Date(now).toISOString().replace(/\D/g, '').slice(0, 12);
	const hash = createHmac('sha256', sharedKey).update(`${mailbox}:${nonce}:${count}:${password}:${timestamp}`).digest('hex');
	return `NHSMESH ${mailbox}:${nonce}:${count}:${timestamp}:${hash}`;
}

/** A client of nothing but node:https, with mutual TLS and kept-alive connections. */
export class Caller {
	private readonly agent: HttpAgent;

	constructor(readonly sandbox: Sandbox) {
		const { ca, client } = sandbox.certificates;
		const isTls = sandbox.url.startsWith('https:');
		this.agent = isTls
			? new Agent({ keepAlive: true, ca, cert: client.certificate, key: client.privateKey })
			: new HttpAgent({ keepAlive: true });
	}

	call({
		method = 'GET',
		path,
		as = path.split(/[/?]/)[0].toUpperCase(),
		version = 2,
		headers = {},
		body,
		onInformation,
	}: Call): Promise<Reply> {
		const all: Record<string, string> = { accept: `application/vnd.mesh.v${version}+json`, ...headers };
		if (as !== null && all.authorization === undefined) all.authorization = token(as, this.sandbox.clock.now());
		const send = this.sandbox.url.startsWith('https:') ? httpsRequest : httpRequest;
		return new Promise((resolve, reject) => {
			const request = send(`${this.sandbox.url}/messageexchange/${path}`, { method, agent: this.agent, headers: all }, (response) => {
				const blocks: Buffer[] = [];
				response.on('data', (block: Buffer) => blocks.push(block));
				response.once('error', reject);
				response.once('end', () => {
					const content = Buffer.concat(blocks);
					const text = content.toString();
					const reply = { status: response.statusCode ?? 0, headers: response.headers, body: content, text };
					resolve({
						...reply,
						get json() {
							return JSON.parse(text) as Record<string, unknown>;
						},
					});
				});
			});
			request.once('error', reject);
			if (onInformation) request.on('continue', onInformation);
			// As a buffer: with a text Node would send the headers in its encoding, UTF-8.
			request.end(body === undefined ? undefined : Buffer.from(body));
		});
	}

	/** Sends a message (or the first chunk of one) and returns its ID. */
	async send(from: string, to: string, body: Buffer | string, headers: Record<string, string> = {}): Promise<string> {
		const reply = await this.call({
			method: 'POST',
			path: `${from}/outbox`,
			headers: { 'mex-from': from, 'mex-to': to, 'mex-workflowid': 'TEST_WORKFLOW', ...headers },
			body,
		});
		if (reply.status !== 202) throw new Error(`Not accepted: ${reply.status} ${reply.text}`);
		return String(reply.json.message_id);
	}

	sendChunk(
		from: string,
		id: string,
		chunk: number,
		total: number,
		body: Buffer | string,
		headers: Record<string, string> = {},
	): Promise<Reply> {
		return this.call({
			method: 'POST',
			path: `${from}/outbox/${id}/${chunk}`,
			headers: { 'mex-chunk-range': `${chunk}:${total}`, ...headers },
			body,
		});
	}

	acknowledge(mailbox: string, id: string): Promise<Reply> {
		return this.call({ method: 'PUT', path: `${mailbox}/inbox/${id}/status/acknowledged` });
	}

	async list(mailbox: string): Promise<string[]> {
		return (await this.call({ path: `${mailbox}/inbox` })).json.messages as string[];
	}

	/** Sends bytes that no HTTP library would, and returns the first line and the body of the answer. */
	raw(lines: string[]): Promise<{ status: number; text: string }> {
		const { ca, client } = this.sandbox.certificates;
		return new Promise((resolve, reject) => {
			const socket = connect({ host: 'localhost', port: this.sandbox.port, ca, cert: client.certificate, key: client.privateKey });
			let answer = '';
			socket.setEncoding('latin1');
			socket.on('data', (text: string) => (answer += text));
			socket.once('error', reject);
			socket.once('end', () => resolve({ status: Number(answer.split(' ')[1]), text: answer.slice(answer.indexOf('\r\n\r\n') + 4) }));
			socket.write(Buffer.from(`${[...lines, 'host: localhost', 'connection: close', '', ''].join('\r\n')}`, 'latin1'));
		});
	}

	close(): void {
		this.agent.destroy();
	}
}

/** A sandbox with a caller for the tests of one file; both end with it. */
export function sandboxForTests(options: SandboxOptions = {}): { readonly sandbox: Sandbox; readonly mesh: Caller } {
	const holder: { sandbox?: Sandbox; mesh?: Caller } = {};
	beforeAll(async () => {
		holder.sandbox = await startSandbox(options);
		holder.mesh = new Caller(holder.sandbox);
	});
	afterAll(async () => {
		holder.mesh?.close();
		await holder.sandbox?.close();
	});
	return {
		get sandbox() {
			return holder.sandbox as Sandbox;
		},
		get mesh() {
			return holder.mesh as Caller;
		},
	};
}

/** A sandbox for one test only. */
export async function withSandbox(options: SandboxOptions, test: (mesh: Caller, sandbox: Sandbox) => Promise<void>): Promise<void> {
	const sandbox = await startSandbox(options);
	const mesh = new Caller(sandbox);
	try {
		await test(mesh, sandbox);
	} finally {
		mesh.close();
		await sandbox.close();
	}
}

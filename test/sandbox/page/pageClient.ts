import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Sandbox } from '../../../sandbox';

interface PageReply {
	status: number;
	headers: IncomingHttpHeaders;
	text: string;
	json: <T>() => T;
}

/** One request to the page's port with exactly these headers, a body that is no text as JSON; `fetch` would not send a Host of one's own. */
export function ask(
	sandbox: Sandbox,
	method: string,
	path: string,
	headers: Record<string, string> = {},
	body?: unknown,
): Promise<PageReply> {
	const { port } = new URL(sandbox.pageUrl as string);
	const content = typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body);
	const all = { ...headers, 'content-length': String(Buffer.byteLength(content)) };
	return new Promise((resolve, reject) => {
		const outgoing = request({ host: '127.0.0.1', port, method, path, agent: false, headers: all }, (response) => {
			const blocks: Buffer[] = [];
			response.on('data', (block: Buffer) => blocks.push(block));
			response.once('error', reject);
			response.once('end', () => {
				const text = Buffer.concat(blocks).toString();
				resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: <T>() => JSON.parse(text) as T });
			});
		});
		outgoing.once('error', reject);
		outgoing.end(content);
	});
}

/** As the page itself sends it. */
export const change = (sandbox: Sandbox, method: string, path: string, body?: unknown): Promise<PageReply> =>
	ask(sandbox, method, path, { host: new URL(sandbox.pageUrl as string).host, origin: sandbox.pageUrl as string }, body);

interface FeedEvent {
	event: string;
	data: unknown;
}

/** Reads server-sent events as they come. */
export class FeedReader {
	/** The kinds of all events so far. */
	readonly kinds: string[] = [];
	private readonly waiting: Array<(event: FeedEvent) => void> = [];
	private readonly arrived: FeedEvent[] = [];
	private readonly outgoing;
	private response?: IncomingMessage;
	/** Resolves when the server ends the stream. */
	readonly ended: Promise<void>;

	constructor(sandbox: Sandbox) {
		const { port } = new URL(sandbox.pageUrl as string);
		let rest = '';
		this.outgoing = request({ host: '127.0.0.1', port, path: '/events', agent: false });
		this.ended = new Promise((resolve) => {
			this.outgoing.once('response', (response) => {
				this.response = response;
				response.setEncoding('utf8');
				response.on('data', (text: string) => {
					rest += text;
					// Only where an event can end: large ones come in many parts.
					if (!text.includes('\n\n') && !text.startsWith('\n')) return;
					const blocks = rest.split('\n\n');
					rest = blocks.pop() ?? '';
					for (const block of blocks) this.take(block);
				});
				response.once('close', resolve);
			});
			this.outgoing.once('error', () => resolve());
		});
		this.outgoing.end();
	}

	/** The next event of a kind; what comes before it is passed over. */
	async next(kind: string, fits: (data: never) => boolean = () => true): Promise<unknown> {
		for (;;) {
			const event = this.arrived.shift() ?? (await new Promise<FeedEvent>((resolve) => this.waiting.push(resolve)));
			if (event.event === kind && fits(event.data as never)) return event.data;
		}
	}

	/** Takes nothing in for a while, as a browser on a sleeping machine. */
	pause(): void {
		this.response?.pause();
	}

	resume(): void {
		this.response?.resume();
	}

	close(): void {
		this.outgoing.destroy();
	}

	private take(block: string): void {
		const [, event] = /^event: (.*)$/m.exec(block) ?? [];
		const [, data] = /^data: (.*)$/m.exec(block) ?? [];
		if (event === undefined) return;
		this.kinds.push(event);
		const parsed = { event, data: JSON.parse(data) as unknown };
		const waiting = this.waiting.shift();
		if (waiting) waiting(parsed);
		else this.arrived.push(parsed);
	}
}

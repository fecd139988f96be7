import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { Readable } from 'node:stream';
import type { Sandbox } from '../../../sandbox';
import { token } from '../support/caller';

/** What came back, its body as received. */
export interface WireReply {
	status: number;
	headers: IncomingHttpHeaders;
	body: Buffer;
	/** `TLSv1.2`, `TLSv1.3`. */
	protocol: string;
}

type Headers = Record<string, string>;

/** How a client talks: its TLS, and how it counts its nonces. */
interface Habits {
	maxVersion?: 'TLSv1.2';
	/** The same nonce for a whole session, its count climbing from here; absent: a new nonce for every request, count 0. */
	countsFrom?: number;
	/** Writes the count; default: as it is. */
	count?: (count: number) => string;
}

/**
 * The wire of a client written by others: mutual TLS, one mailbox, the headers it is given in just that spelling, and nothing
 * that those clients do not send (no Accept, no Content-Type by itself).
 */
export class Wire {
	private readonly agent: Agent;
	private readonly nonce = randomUUID();
	private used = 0;

	constructor(
		private readonly sandbox: Sandbox,
		private readonly mailbox: string,
		private readonly habits: Habits = {},
	) {
		const { ca, client } = sandbox.certificates;
		this.agent = new Agent({ keepAlive: true, ca, cert: client.certificate, key: client.privateKey, maxVersion: habits.maxVersion });
	}

	token(): string {
		const { countsFrom, count = String } = this.habits;
		const now = this.sandbox.clock.now();
		if (countsFrom === undefined) return token(this.mailbox, now);
		return token(this.mailbox, now, { nonce: this.nonce, count: count(countsFrom + this.used++) });
	}

	/**
	 * `path` starts behind the mailbox, such as `/inbox`. A Buffer goes with its length; a stream goes in transfer chunks.
	 * With `Expect: 100-continue` the body waits for the server's word.
	 */
	call(method: string, path: string, headers: Headers = {}, body?: Buffer | Readable): Promise<WireReply> {
		return this.open(method, `/${this.mailbox}${path}`, { Authorization: this.token(), ...headers }, body);
	}

	/** A call outside the mailbox, or with a token of its own. */
	open(method: string, path: string, headers: Headers = {}, body?: Buffer | Readable): Promise<WireReply> {
		const length: Headers = Buffer.isBuffer(body) ? { 'Content-Length': String(body.length) } : {};
		return new Promise((resolve, reject) => {
			const outgoing = request(
				`${this.sandbox.url}/messageexchange${path}`,
				{ method, agent: this.agent, headers: { ...headers, ...length } },
				(response) => {
					const protocol = (response.socket as TLSSocket).getProtocol() ?? '';
					const blocks: Buffer[] = [];
					response.on('data', (block: Buffer) => blocks.push(block));
					response.once('error', reject);
					response.once('end', () =>
						resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(blocks), protocol }),
					);
				},
			);
			outgoing.once('error', reject);
			const write = () => {
				if (body instanceof Readable) body.pipe(outgoing);
				else outgoing.end(body);
			};
			if (headers.Expect === undefined) write();
			else outgoing.once('continue', write).flushHeaders();
		});
	}

	close(): void {
		this.agent.destroy();
	}
}

/** The body of an answer as JSON. */
export const jsonOf = ({ body }: WireReply): Record<string, unknown> => JSON.parse(body.toString()) as Record<string, unknown>;

/** Cuts content into chunks of at most so many bytes. */
export function pieces(content: Buffer, bytes: number): Buffer[] {
	const cut: Buffer[] = [];
	for (let start = 0; start < content.length; start += bytes) cut.push(content.subarray(start, start + bytes));
	return cut;
}

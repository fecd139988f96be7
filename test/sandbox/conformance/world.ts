import { DEFAULT_BEHAVIOUR, startSandbox, type Sandbox } from '../../../sandbox';
import { DEFAULT_MAILBOXES } from '../../../sandbox/store/mailboxes';
import { Caller, type Call, type Reply } from '../support/caller';

/** One fact of the MESH API, and how to see whether it holds. `check` throws when it does not. */
interface Row {
	fact: string;
	check: (world: World) => Promise<void> | void;
}

/** Rows about one part of the API. */
export interface Topic {
	title: string;
	rows: Row[];
}

export const row = (fact: string, check: Row['check']): Row => ({ fact, check });

/** What a refusal says, whichever API version worded it. */
interface Refusal {
	status: number;
	event: string;
	code: string;
	text: string;
	messageId?: string;
}

type Headers = Record<string, string>;

/** A sandbox with plain HTTPS calls, as new for each row. */
export class World {
	private constructor(
		readonly sandbox: Sandbox,
		readonly mesh: Caller,
	) {}

	static async create(): Promise<World> {
		const sandbox = await startSandbox();
		return new World(sandbox, new Caller(sandbox));
	}

	/** Forgets what the last row did; only the clock goes on. */
	async clean(): Promise<void> {
		await this.sandbox.reset();
		delete this.sandbox.behaviour.rateLimit;
		Object.assign(this.sandbox.behaviour, DEFAULT_BEHAVIOUR);
		for (const mailbox of DEFAULT_MAILBOXES) this.sandbox.putMailbox(mailbox);
	}

	async close(): Promise<void> {
		this.mesh.close();
		await this.sandbox.close();
	}

	get(path: string, headers: Headers = {}, more: Partial<Call> = {}): Promise<Reply> {
		return this.mesh.call({ path, headers, ...more });
	}

	v1(path: string, headers: Headers = {}, more: Partial<Call> = {}): Promise<Reply> {
		return this.mesh.call({ path, headers, version: 1, ...more });
	}

	/** A send from X26ABC1; by default to X26ABC2. An empty text takes a header away. */
	post(headers: Headers = {}, body: Buffer | string = 'x', more: Partial<Call> = {}): Promise<Reply> {
		return this.mesh.call({
			method: 'POST',
			path: 'X26ABC1/outbox',
			headers: { 'mex-from': 'X26ABC1', 'mex-to': 'X26ABC2', 'mex-workflowid': 'TEST_WORKFLOW', ...headers },
			body,
			...more,
		});
	}

	/** Sends, and gives the ID. */
	send(headers: Headers = {}, body: Buffer | string = 'x'): Promise<string> {
		return this.mesh.send('X26ABC1', headers['mex-to'] ?? 'X26ABC2', body, headers);
	}

	/** The first of `total` chunks, and the ID. */
	startUpload(total: number, headers: Headers = {}): Promise<string> {
		return this.send({ 'mex-chunk-range': `1:${total}`, ...headers }, 'one');
	}

	chunk(id: string, number: number, range: string | undefined, headers: Headers = {}, body: Buffer | string = 'more'): Promise<Reply> {
		const all = range === undefined ? headers : { 'mex-chunk-range': range, ...headers };
		return this.mesh.call({ method: 'POST', path: `X26ABC1/outbox/${id}/${number}`, headers: all, body });
	}

	put(path: string, more: Partial<Call> = {}): Promise<Reply> {
		return this.mesh.call({ method: 'PUT', path, ...more });
	}

	head(path: string, headers: Headers = {}): Promise<Reply> {
		return this.mesh.call({ method: 'HEAD', path, headers });
	}

	/** Runs with some switches set otherwise; clean() sets them back. */
	switch(changes: Partial<Sandbox['behaviour']>): void {
		Object.assign(this.sandbox.behaviour, changes);
	}
}

/** Reads a refusal in the shape of version 2. */
export function refusal({ status, json }: Reply): Refusal {
	const { detail, message_id: messageId } = json as { detail: Array<{ event: string; code: string; msg: string }>; message_id?: string };
	const [{ event, code, msg }] = detail;
	return { status, event, code, text: msg, ...(messageId === undefined ? {} : { messageId }) };
}

/** Expects a refusal in the shape of version 2, without a message ID. */
export function expectRefusal(reply: Reply, status: number, event: string, code: string, text: string): void {
	expect(refusal(reply)).toEqual({ status, event, code, text });
}

/** Where a validation answer says the problems are: `header mex-to`. */
export function problems({ status, headers, json }: Reply): string[] {
	expect(status).toBe(400);
	expect(headers['content-type']).toContain('json');
	return (json.detail as Array<{ loc: string[] }>).map(({ loc }) => loc.join(' '));
}

/** Expects MESH's "internal error" body. */
export function expectGeneric(reply: Reply, status: number): void {
	expect([reply.status, reply.json]).toEqual([status, { message: 'An internal error occurred.\n\nPlease contact support.' }]);
}

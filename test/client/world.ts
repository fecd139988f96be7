import { MeshClient, MeshError, isMeshError } from '../../nodes/Mesh/client';
import type { MeshClientOptions, MeshLogger, MeshRuntime } from '../../nodes/Mesh/client';
import { startSandbox } from '../../sandbox';
import type { Sandbox, SandboxOptions } from '../../sandbox';
import { FakeClock } from '../support/fakeClock';

/** A sandbox and clients for it, whose pauses take no time. */
export interface World {
	readonly sandbox: Sandbox;
	/** Milliseconds that clients asked to sleep. */
	readonly pauses: number[];
	/** One line per log record. */
	readonly log: string[];
	/** A client of a mailbox, closed with the world. */
	client(mailboxId?: string, changes?: Partial<MeshClientOptions>): MeshClient;
	/** One that gives up on a silent sandbox at once. */
	impatientClient(mailboxId: string): MeshClient;
	options(mailboxId?: string, changes?: Partial<MeshClientOptions>): MeshClientOptions;
	/** Requests as `call` or `call 2` with the chunk number, newest last. */
	calls(): string[];
	/** Contents of the messages that wait for a mailbox: all that its owner could see of what was sent. */
	contents(mailboxId: string): Promise<string[]>;
	/** Forgets requests, messages, faults and pauses. */
	reset(): Promise<void>;
	close(): Promise<void>;
}

export async function startWorld(options?: SandboxOptions): Promise<World> {
	const sandbox = await startSandbox(options);
	const clients: MeshClient[] = [];
	const pauses: number[] = [];
	const log: string[] = [];
	const runtime: Partial<MeshRuntime> = {
		now: () => sandbox.clock.now(),
		random: () => 0.5,
		async sleep(milliseconds, signal) {
			signal?.throwIfAborted();
			pauses.push(milliseconds);
		},
	};
	const record = (message: string, details?: unknown) => void log.push(`${message} ${JSON.stringify(details ?? {})}`);
	const logger: MeshLogger = { debug: record, info: record, warn: record };
	const clientOptions = (mailboxId = 'X26ABC1', changes: Partial<MeshClientOptions> = {}): MeshClientOptions => ({
		baseUrl: sandbox.url,
		mailboxId,
		mailboxPassword: 'password',
		sharedKey: 'TestKey',
		tls: {
			clientCertificate: sandbox.certificates.client.certificate,
			privateKey: sandbox.certificates.client.privateKey,
			caCertificates: sandbox.certificates.ca,
		},
		clientVersion: 'test==1',
		timeouts: { connectMs: 5_000, responseMs: 5_000, stallMs: 5_000 },
		runtime,
		logger,
		...changes,
	});
	const makeClient: World['client'] = (mailboxId, changes) => {
		const client = new MeshClient(clientOptions(mailboxId, changes));
		clients.push(client);
		return client;
	};
	return {
		sandbox,
		pauses,
		log,
		options: clientOptions,
		client: makeClient,
		impatientClient(mailboxId) {
			const clock = new FakeClock();
			clock.passSilences(sandbox);
			return makeClient(mailboxId, { timeouts: { connectMs: 5_000 }, runtime: { ...runtime, after: clock.after } });
		},
		calls: () =>
			sandbox.requests
				.filter(({ call }) => call !== 'connection')
				.map(({ call, chunk }) => (chunk === undefined ? call : `${call} ${chunk}`)),
		contents: async (mailboxId) => await Promise.all(sandbox.inbox(mailboxId).map(async (id) => (await sandbox.content(id)).toString())),
		async reset() {
			await sandbox.reset();
			pauses.length = 0;
			log.length = 0;
		},
		async close() {
			// The sandbox first: a client waits for calls that a fault holds up.
			await sandbox.close();
			await Promise.all(clients.map(async (client) => await client.close()));
		},
	};
}

/** Tracking's answer when it has no record of a message. */
export const NO_RECORD = { kind: 'status' as const, status: 404, body: '{"detail":[{"event":"","code":"","msg":"Not Found"}]}' };

/** Gives the tests of a file one world, begun anew for each of them. */
export function useWorld(use: (world: World) => void): void {
	let world: World;
	beforeAll(async () => use((world = await startWorld())));
	beforeEach(async () => await world.reset());
	afterAll(async () => await world.close());
}

/** The `MeshError` that a promise must reject with. */
export async function failureOf(promise: Promise<unknown>): Promise<MeshError> {
	const outcome = await promise.then(
		() => 'no error',
		(error: unknown) => error,
	);
	if (isMeshError(outcome)) return outcome;
	throw new Error(`Expected a MeshError, got: ${String(outcome)}`);
}

/** The `MeshError` that a function must throw. */
export function thrownBy(action: () => unknown): MeshError {
	let outcome: unknown = 'no error';
	try {
		action();
	} catch (error) {
		outcome = error;
	}
	if (isMeshError(outcome)) return outcome;
	throw new Error(`Expected a MeshError, got: ${String(outcome)}`);
}

/** A stream's bytes. */
export async function bytesOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
	const pieces: Buffer[] = [];
	for await (const piece of stream) pieces.push(piece);
	return Buffer.concat(pieces);
}

import { inspect } from 'node:util';
import { MeshClient } from '../../../nodes/Mesh/client';
import type { MeshClientOptions } from '../../../nodes/Mesh/client';
import { claims } from '../../../nodes/Mesh/client/send/claims';
import { startSandbox } from '../../../sandbox';
import type { Sandbox } from '../../../sandbox';
import { FakeClock } from '../../support/fakeClock';

const [password, sharedKey] = ['Mailbox-Pass-7Q2', 'Shared-Key-9Z4'];

/** Unlike any other text, so that they can be looked for wherever they must not be. */
export const SECRETS = { mailboxPassword: password, sharedKey };

/** A mailbox that sends and one that receives. */
export const SENDER = 'X26ABC1';
export const RECIPIENT = 'X26ABC2';

/**
 * A sandbox with clients whose waiting takes no time: a pause of the client moves the sandbox's clock on, and a silence ends by
 * `clock.passSilences` only, so that a wait that strikes by mistake shows as a test that never ends.
 */
export interface Lane {
	readonly sandbox: Sandbox;
	readonly clock: FakeClock;
	/** Milliseconds of each pause since `fresh()`, in order. */
	readonly pauses: number[];
	/** What clients logged since `fresh()`, details included. */
	readonly logged: string[];
	/** Played at each pause, before it is over; for what happens in MESH meanwhile. */
	onPause?: (count: number) => Promise<void> | void;
	/** A client with no connection yet. */
	client(mailboxId: string, options?: Partial<MeshClientOptions>): MeshClient;
	/** Forgets everything that was before. */
	fresh(): Promise<void>;
	/** Closes the clients made since `fresh()` and waits until the sandbox has no connection left. */
	hangUp(): Promise<void>;
	close(): Promise<void>;
}

export async function startLane(dataFolder: string): Promise<Lane> {
	const mailbox = (mailboxId: string, odsCode: string, workflows: string[]) => ({
		mailboxId,
		odsCode,
		workflows,
		password: SECRETS.mailboxPassword,
		name: `Mailbox ${mailboxId}`,
	});
	const sandbox = await startSandbox({
		sharedKey: SECRETS.sharedKey,
		mailboxes: [
			mailbox(SENDER, 'X26', ['TEST_WORKFLOW_ACK']),
			mailbox(RECIPIENT, 'X26', ['TEST_WORKFLOW']),
			mailbox('X26ABC3', 'X27', ['TEST_WORKFLOW_ACK']),
		],
		dataFolder,
	});
	const clock = new FakeClock();
	let clients: MeshClient[] = [];
	const lane: Lane = {
		sandbox,
		clock,
		pauses: [],
		logged: [],
		client(mailboxId, options = {}) {
			const { ca, client: keys } = sandbox.certificates;
			const client = new MeshClient({
				baseUrl: sandbox.url,
				mailboxId,
				...SECRETS,
				tls: { clientCertificate: keys.certificate, privateKey: keys.privateKey, caCertificates: ca },
				timeouts: { connectMs: 20_000 },
				runtime: {
					now: () => sandbox.clock.now(),
					random: () => 0.5,
					after: clock.after,
					sleep: async (milliseconds, signal) => await pause(lane, milliseconds, signal),
				},
				logger: logger(lane),
				...options,
			});
			clients.push(client);
			return client;
		},
		async fresh() {
			lane.pauses.length = 0;
			lane.logged.length = 0;
			lane.onPause = undefined;
			sandbox.behaviour.plainDownloads = 'packed';
			claims.clear();
			await sandbox.reset();
		},
		async hangUp() {
			await Promise.all(clients.map(async (client) => await client.close()));
			clients = [];
			await untilQuiet(sandbox);
		},
		close: async () => await sandbox.close(),
	};
	return lane;
}

async function pause(lane: Lane, milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
	lane.pauses.push(milliseconds);
	await lane.onPause?.(lane.pauses.length);
	signal?.throwIfAborted();
	lane.sandbox.clock.advance(milliseconds);
}

function logger(lane: Lane): NonNullable<MeshClientOptions['logger']> {
	const log = (message: string, details?: Record<string, unknown>) => void lane.logged.push(`${message} ${inspect(details)}`);
	return { debug: log, info: log, warn: log };
}

/** The server learns a moment later that a connection was closed. */
async function untilQuiet({ connections }: Sandbox): Promise<void> {
	for (let turn = 0; connections.open > 0; turn++) {
		if (turn === 2_000) throw new Error(`${connections.open} connections are still open`);
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
}

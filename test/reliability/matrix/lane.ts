import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { MeshClient } from '../../../nodes/Mesh/client';
import type { MeshClientOptions } from '../../../nodes/Mesh/client';
import { claims } from '../../../nodes/Mesh/client/send/claims';
import { startSandbox } from '../../../sandbox';
import type { Sandbox } from '../../../sandbox';
import { FakeClock, SILENCES_MS } from '../../support/fakeClock';
import { TestProxy } from '../../support/proxy';
import type { Way } from './proxyKinds';
import { SECRETS } from './secrets';

const CONNECT_MS = 20_000;
/** How long Check Connection waits for a connection and for an answer. */
const CHECK_MS = [10_000, 30_000];

/** A mailbox that sends and one that receives. */
export const SENDER = 'X26ABC1';
export const RECIPIENT = 'X26ABC2';

/**
 * A sandbox with clients whose waiting takes no time: a pause of the client moves the sandbox's clock on, and a silence ends by
 * `passSilences` only, so that a wait that strikes by mistake shows as a test that never ends.
 */
export interface Lane {
	readonly sandbox: Sandbox;
	readonly clock: FakeClock;
	/** In the way of all that its clients do, unless they go directly. */
	readonly proxy: TestProxy;
	/** Milliseconds of each pause since `fresh()`, in order. */
	readonly pauses: number[];
	/** What clients logged since `fresh()`, details included. */
	readonly logged: string[];
	/** Played at each pause, before it is over; for what happens in MESH meanwhile. */
	onPause?: (count: number) => Promise<void> | void;
	/** From now on clients are told that the proxy is there. */
	proxyAddress: string;
	/** How the proxy cuts off what falls silent, in place of the client's giving up. */
	cutsSilences?: 'without a word' | 'with a page';
	/** A client with no connection yet. */
	client(mailboxId: string, options?: Partial<MeshClientOptions>): MeshClient;
	options(mailboxId: string): MeshClientOptions;
	/** From now on silences end at once, as if their time had passed. */
	passSilences(): void;
	/** Ends what is wrong with MESH and with the proxy. */
	mend(): void;
	/** Forgets everything that was before. */
	fresh(): Promise<void>;
	/** Closes the clients made since `fresh()` and waits until the sandbox has no connection left. */
	hangUp(): Promise<void>;
	close(): Promise<void>;
}

/** The lane keeps its messages in a folder of its own below `parent`. */
export async function startLane(way: Way = 'direct', parent = tmpdir()): Promise<Lane> {
	const dataFolder = await mkdtemp(join(parent, 'mesh-lane-'));
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
		tls: way !== 'forwarded',
	});
	const proxy = await TestProxy.start();
	const clock = new FakeClock();
	let clients: MeshClient[] = [];
	const lane: Lane = {
		sandbox,
		clock,
		proxy,
		proxyAddress: proxy.url,
		pauses: [],
		logged: [],
		options(mailboxId) {
			const { ca, client: keys } = sandbox.certificates;
			return {
				baseUrl: sandbox.url,
				mailboxId,
				...SECRETS,
				tls: { clientCertificate: keys.certificate, privateKey: keys.privateKey, caCertificates: ca },
				timeouts: { connectMs: CONNECT_MS },
				environment: way === 'direct' ? {} : { all_proxy: lane.proxyAddress },
				runtime: {
					now: () => sandbox.clock.now(),
					random: () => 0.5,
					after: clock.after,
					sleep: async (milliseconds, signal) => await pause(lane, milliseconds, signal),
				},
				logger: logger(lane),
			};
		},
		client(mailboxId, options = {}) {
			const client = new MeshClient({ ...lane.options(mailboxId), ...options });
			clients.push(client);
			return client;
		},
		passSilences() {
			clock.passSilences({ nextSilence: async () => await nextSilence(lane) }, [...SILENCES_MS, ...CHECK_MS]);
			clock.passSilences(proxy, [...SILENCES_MS, ...CHECK_MS, CONNECT_MS]);
		},
		mend() {
			sandbox.clearFaults();
			lane.cutsSilences = undefined;
			lane.proxyAddress = proxy.url;
			proxy.treat({ kind: 'work' });
		},
		async fresh() {
			lane.pauses.length = 0;
			lane.logged.length = 0;
			lane.onPause = undefined;
			sandbox.behaviour.plainDownloads = 'packed';
			claims.clear();
			proxy.reset();
			lane.mend();
			await sandbox.reset();
		},
		async hangUp() {
			await Promise.all(clients.map(async (client) => await client.close()));
			clients = [];
			await untilQuiet(lane);
		},
		async close() {
			await sandbox.close();
			await proxy.close();
			await rm(dataFolder, { recursive: true, force: true });
		},
	};
	return lane;
}

/** Gives the tests of a file one lane, begun anew for each of them and left without a connection. */
export function useLane(use: (lane: Lane) => void): void {
	let lane: Lane;
	beforeAll(async () => use((lane = await startLane())));
	beforeEach(async () => await lane.fresh());
	afterEach(async () => await lane.hangUp());
	afterAll(async () => await lane.close());
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

/** The next one that is not for the proxy to end. */
async function nextSilence(lane: Lane): Promise<void> {
	for (;;) {
		await lane.sandbox.nextSilence();
		if (!lane.cutsSilences) return;
		await lane.clock.untilNothingMoves();
		lane.proxy.cut(lane.cutsSilences === 'with a page');
	}
}

/** Server and proxy learn a moment later that a connection was closed. */
async function untilQuiet({ sandbox: { connections }, proxy }: Lane): Promise<void> {
	for (let turn = 0; connections.open + proxy.openConnections > 0; turn++) {
		if (turn === 2_000) throw new Error(`${connections.open} connections are still open, and ${proxy.openConnections} at the proxy`);
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
}

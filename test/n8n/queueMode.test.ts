import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { n8n1 } from '../../n8n-lab/host/pinnedHosts';
import { saveCredential, sandboxCredential } from '../../n8n-lab/rest/credentials';
import { createWorkflow, publishWorkflow } from '../../n8n-lab/rest/workflows';
import type { N8nRest } from '../../n8n-lab/rest/restClient';
import { ensurePrograms } from '../../n8n-lab/machine/aptPackages';
import { findFreePorts } from '../../n8n-lab/machine/ports';
import { startSandbox } from '../../sandbox';
import type { Sandbox } from '../../sandbox';
import { eventually } from './support/eventually';
import { clientCertificates } from './support/meshFixture';
import { putMessageMix } from './support/messageMix';
import { startWorker } from './support/n8nWorker';
import type { N8nWorker } from './support/n8nWorker';
import { prepareOwnN8n } from './support/ownN8n';
import type { OwnN8n } from './support/ownN8n';
import { startPostgres } from './support/postgres';
import type { Postgres } from './support/postgres';
import { recordingWorkflow, startRecorder } from './support/recorder';
import type { Recorder } from './support/recorder';
import { startRedis } from './support/redis';
import { testedHost } from './support/sharedN8n';
import type { Redis } from './support/redis';

const MAILBOX = 'X26ABC2';
const MESSAGES = 200;
const WORKER_CONCURRENCY = 5;
const IN_FLIGHT = 10;

let sandbox: Sandbox;
let recorder: Recorder;
let postgres: Postgres;
let redis: Redis;
let n8n: OwnN8n;
let rest: N8nRest;
let workers: N8nWorker[] = [];

beforeAll(async () => {
	const [postgresPort, redisPort] = await findFreePorts(2);
	n8n = await prepareOwnN8n();
	const log = (name: string) => join(n8n.folder, `${name}.log`);
	await ensurePrograms(
		[
			{ program: 'redis-server', debianPackage: 'redis-server' },
			{ program: 'pg_ctlcluster', debianPackage: 'postgresql' },
		],
		'for the queue mode tests',
		log('apt'),
	);
	mkdirSync(join(n8n.folder, 'redis'));
	[sandbox, recorder, postgres, redis] = await Promise.all([
		startSandbox(),
		startRecorder(),
		startPostgres(postgresPort, log('postgres')),
		startRedis(redisPort, join(n8n.folder, 'redis'), log('redis')),
	]);
	Object.assign(n8n.settings.extra ?? {}, postgres.environment, redis.environment, {
		EXECUTIONS_MODE: 'queue',
		// n8n 2's own choice in queue mode.
		...(testedHost === n8n1 ? {} : { N8N_DEFAULT_BINARY_DATA_MODE: 'database' }),
		N8N_ENCRYPTION_KEY: 'for-the-queue-mode-test-only',
		// A worker that dies is noticed after this time, not after a minute.
		QUEUE_WORKER_LOCK_DURATION: '20000',
		QUEUE_WORKER_LOCK_RENEW_TIME: '5000',
		QUEUE_WORKER_STALLED_INTERVAL: '5000',
	});
	await n8n.start();
	rest = await n8n.signIn();
	workers = await Promise.all([1, 2].map(async (i) => await startWorker(n8n.settings, log(`worker${i}`), WORKER_CONCURRENCY)));
	const credential = await saveCredential(rest, sandboxCredential(MAILBOX, sandbox.url, clientCertificates(sandbox.certificates)));
	const options = { messagesInFlight: IN_FLIGHT, redeliveryPause: 0 };
	const { id } = await createWorkflow(rest, recordingWorkflow('queue run', credential, recorder.url, options));
	await publishWorkflow(rest, id);
}, 300_000);

afterAll(async () => {
	for (const worker of workers) await worker.process.stop();
	await n8n.close();
	await Promise.all([postgres.stop(), redis.stop(), recorder.close()]);
	await sandbox.close();
}, 60_000);

const downloads = (messageId?: string) =>
	sandbox.requests.filter((request) => request.call === 'download' && (messageId === undefined || request.messageId === messageId));

async function emptyInbox(timeoutMs: number): Promise<void> {
	await eventually('an empty inbox', () => (sandbox.inbox(MAILBOX).length === 0 ? true : undefined), timeoutMs);
}

describe('queue mode with two workers', () => {
	it('downloads on both workers, never in the main process, each message once', async () => {
		const startedAt = Date.now();
		const { digests } = await putMessageMix(sandbox, MESSAGES, 0);
		await eventually(`${MESSAGES} messages processed`, () => (recorder.processed.length >= MESSAGES ? true : undefined), 300_000);
		await emptyInbox(200_000);
		const seconds = (Date.now() - startedAt) / 1000;

		for (const { messageId, sha256 } of recorder.processed) expect(sha256).toBe(digests.get(messageId));
		// Several polls have listed the inbox meanwhile; none has handed over what was in flight.
		for (const messageId of digests.keys()) expect(downloads(messageId)).toHaveLength(1);

		const [first, second] = await Promise.all(workers.map(async (worker) => await worker.finished()));
		expect(first.length).toBeGreaterThan(0);
		expect(second.length).toBeGreaterThan(0);
		expect(new Set([...first, ...second]).size).toBe(MESSAGES);
		// A connection belongs to one process: those of the main process list and acknowledge, and never download.
		const connections = (...calls: string[]) =>
			new Set(sandbox.requests.filter(({ call }) => calls.includes(call)).map(({ connection }) => connection));
		const ofMain = connections('handshake', 'list', 'acknowledge');
		expect([...connections('download', 'downloadChunk')].filter((connection) => ofMain.has(connection))).toEqual([]);
		console.log(
			`queue run: ${MESSAGES} messages in ${seconds.toFixed(1)} s, ${first.length} on worker 1, ${second.length} on worker 2, each downloaded once`,
		);
	}, 600_000);

	it('delivers a message again when the worker that was downloading it is killed', async () => {
		const before = new Set((await Promise.all(workers.map(async (worker) => await worker.started()))).flat());
		sandbox.arm({ call: 'download', fault: { kind: 'stall', where: 'inResponseBody', afterBytes: 1_000 }, times: 1 });
		const messageId = await sandbox.putMessage({ to: MAILBOX, content: Buffer.alloc(50_000, 'pathology result '), gzip: false });
		const victim = await eventually('a worker that is downloading the message', async () => await startedBy(before), 130_000);
		await eventually('its download to have begun', () => (downloads(messageId).length > 0 ? true : undefined), 30_000);
		expect(recorder.times(messageId)).toBe(0);
		await victim.process.kill();
		expect(sandbox.inbox(MAILBOX)).toEqual([messageId]);

		await eventually('the message processed by the other worker', () => (recorder.times(messageId) > 0 ? true : undefined), 200_000);
		await emptyInbox(200_000);
		expect(recorder.times(messageId)).toBe(1);
		expect(sandbox.message(messageId)?.status).toBe('acknowledged');
		console.log(`queue run: worker killed in mid-download; the message was processed once, by the other worker`);
	}, 600_000);

	it('does not hand a message over again while a worker may be busy with it, although the main process is restarted', async () => {
		const lists = () => sandbox.requests.filter(({ call }) => call === 'list').length;
		sandbox.arm({ call: 'download', fault: { kind: 'stall', where: 'inResponseBody', afterBytes: 1_000 }, times: 1 });
		const messageId = await sandbox.putMessage({ to: MAILBOX, content: Buffer.alloc(50_000, 'discharge letter '), gzip: false });
		await eventually('its download to have begun', () => (downloads(messageId).length > 0 ? true : undefined), 130_000);
		await n8n.kill();
		const before = lists();
		await n8n.start();
		await eventually('the message processed by the worker', () => (recorder.times(messageId) > 0 ? true : undefined), 200_000);
		// A poll lists once a minute, and would hand the message over at once, as the redelivery pause is 0.
		await eventually('three polls after the restart', () => (lists() >= before + 3 ? true : undefined), 300_000);
		expect(recorder.processed.filter((one) => one.messageId === messageId).map(({ attempt }) => attempt)).toEqual([1]);
		expect(sandbox.inbox(MAILBOX)).toEqual([messageId]);
		console.log(
			`queue run: main process killed while a worker was busy; the message was not handed over again by ${lists() - before} polls`,
		);
	}, 900_000);
});

/** The worker that has begun an execution which is not among `before`. */
async function startedBy(before: ReadonlySet<string>): Promise<N8nWorker | undefined> {
	for (const worker of workers) if ((await worker.started()).some((id) => !before.has(id))) return worker;
	return undefined;
}

import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { listFinished, waitForExecution } from '../n8n-lab/rest/executions';
import { createWorkflow, publishWorkflow, unpublishWorkflow } from '../n8n-lab/rest/workflows';
import type { WorkflowFile, WorkflowNode } from '../n8n-lab/rest/workflows';
import { ensureHost } from '../n8n-lab/host/installHost';
import { n8n2 } from '../n8n-lab/host/pinnedHosts';
import { saveCredential } from '../n8n-lab/rest/credentials';
import type { CredentialInput } from '../n8n-lab/rest/credentials';
import { startN8n } from '../n8n-lab/host/n8nProcess';
import type { N8nServer } from '../n8n-lab/host/n8nProcess';
import { N8nRest } from '../n8n-lab/rest/restClient';
import { buildPackage } from '../n8n-lab/host/buildPackage';
import { installPackage } from '../n8n-lab/host/installPackage';
import { findFreePorts } from '../n8n-lab/machine/ports';
import type { Job } from './jobs';
import { settingsFor, turnsOf, verifyRun } from './runJob';
import type { ContenderResult, JobResult, Progress, Run } from './results';
import { watchUsage } from './machine';
import type { ServerCounts } from './server/control';
import type { Session } from './session';
import { authorization, meshCredential } from './work';
import type { Access } from './work';

/** The workflows that take turns in one real n8n. The one by hand handles all messages in one execution, one after the other. */
export const N8N_CONTENDERS = [
	{ id: 'n8n-ours', title: 'ours: our trigger, 100 messages an execution' },
	{ id: 'n8n-ours-one-each', title: 'ours: our trigger, an execution for each message' },
	{ id: 'n8n-hand-made', title: 'a workflow of Schedule, HTTP Request and Loop, batches of one' },
] as const;

type N8nContenderId = (typeof N8N_CONTENDERS)[number]['id'];

const LOOK_EVERY_MS = 100;
const LONGEST_RUN_MS = 10 * 60_000;
/** Without an acknowledgement for so long something is wrong, and n8n is asked what. */
const NO_PROGRESS_MS = 30_000;
/** Lets n8n finish what it does after the last acknowledgement: storing executions. */
const SETTLE_MS = 5_000;

/**
 * The job in a real n8n: each workflow is published, drains the mailbox and is taken back, in turns. The time is that of
 * the draining; processor time and memory are those of the n8n process from publishing until n8n has settled again.
 */
export async function runN8nJob(
	session: Session,
	job: Job,
	wanted: readonly string[],
	rounds: number,
	progress: Progress,
): Promise<JobResult> {
	const results = N8N_CONTENDERS.filter(({ id }) => wanted.includes(id)).map(({ id, title }): ContenderResult & { id: N8nContenderId } => ({
		id,
		title,
		runs: [],
		leftOut: n8nMissing(),
	}));
	if (results.every(({ leftOut }) => leftOut !== undefined)) return { job, contenders: results };
	const n8n = await openN8n(session, (text) => {
		progress.say(`${job.id}: ${text}`);
	}).catch((error: unknown) => messageOf(error));
	// The jobs that follow do not need it.
	if (typeof n8n === 'string') return { job, contenders: results.map((result) => ({ ...result, failed: n8n })) };
	try {
		const idle = { wallMs: 0, peakRssBytes: watchUsage(n8n.pid)().peakRssBytes };
		// Round 0 warms them up and does not count.
		for (let round = 0; round <= rounds; round++) {
			for (const result of turnsOf(results, Math.max(1, round)).filter(({ failed }) => failed === undefined)) {
				progress.say(`${job.id}: ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}, ${result.title}`);
				try {
					const used = watchUsage(n8n.pid);
					const run = { ...(await drainOnce(session, job, n8n, result.id, round)), ...used() };
					if (round > 0) result.runs.push(run);
					else Object.assign(result, { idle, warmUp: run });
					progress.ran(job, run, result.title);
				} catch (error) {
					result.failed = messageOf(error);
				}
			}
		}
	} finally {
		await n8n.stop();
	}
	return { job, contenders: results };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function drainOnce(session: Session, job: Job, n8n: BenchN8n, id: N8nContenderId, round: number): Promise<Run> {
	const { server } = session;
	const messages = 'messages' in job.work ? job.work.messages : 0;
	await server.configure(settingsFor(job.work, job.latencyMs, { batch: round + 1 }));
	await publishWorkflow(n8n.rest, n8n.workflows[id]);
	let published = true;
	const unpublish = async (): Promise<void> => {
		if (published) await unpublishWorkflow(n8n.rest, n8n.workflows[id]);
		published = false;
	};
	try {
		let acknowledged = 0;
		let progressAt = Date.now();
		for (const deadline = Date.now() + LONGEST_RUN_MS; Date.now() < deadline; ) {
			const counts = await server.counts();
			if (counts.acknowledged === messages) return await runOf(job, counts, round);
			if (counts.acknowledged > acknowledged) progressAt = Date.now();
			acknowledged = counts.acknowledged;
			if (Date.now() - progressAt > NO_PROGRESS_MS) {
				await throwIfFailed(n8n, id);
				progressAt = Date.now();
			}
			// A second start of a workflow by hand, before the first has ended, would do everything twice.
			if (id === 'n8n-hand-made' && counts.firstListedAtMs !== undefined) await unpublish();
			await pause(LOOK_EVERY_MS);
		}
		throw new Error(
			`Only ${(await server.counts()).acknowledged} of ${messages} messages were acknowledged after ${LONGEST_RUN_MS / 60_000} minutes.`,
		);
	} finally {
		await unpublish();
		await pause(SETTLE_MS);
	}
}

/** @throws with the error of the workflow's latest execution, if that has failed */
async function throwIfFailed({ rest, workflows }: BenchN8n, id: N8nContenderId): Promise<void> {
	const [latest] = await listFinished(rest, workflows[id]);
	if (latest === undefined || latest.status === 'success') return;
	const { error } = await waitForExecution(rest, latest.id, LONGEST_RUN_MS);
	throw new Error(`Execution ${latest.id} of the workflow ended with ${latest.status}: ${error?.message ?? 'no reason given'}`);
}

async function runOf({ work }: Job, server: ServerCounts, round: number): Promise<Run> {
	await verifyRun({ work }, {}, server);
	const wallMs = (server.lastAcknowledgedAtMs ?? 0) - (server.firstListedAtMs ?? 0);
	return { round, wallMs, workMs: wallMs, done: server.acknowledged, server };
}

/** A real n8n with our package and both workflows, none of them published. */
interface BenchN8n {
	rest: N8nRest;
	/** Workflow IDs. */
	workflows: Record<N8nContenderId, string>;
	version: string;
	/** Of n8n's main process; the one that runs Code nodes, which no workflow here has, is another. */
	pid: number;
	stop(): Promise<void>;
}

const MESSAGES_PER_EXECUTION = 100;

/** Why there is no n8n to use, or nothing. The benchmark does not install it: that takes minutes and gigabytes. */
function n8nMissing(): string | undefined {
	return existsSync(join(n8n2.folder, 'installed.sha256'))
		? undefined
		: `n8n is not installed in ${n8n2.folder} (npm start installs it; ${n8n2.folderVariable} may name another folder)`;
}

async function openN8n(session: Session, say: (text: string) => void): Promise<BenchN8n> {
	const { access, folder } = session;
	const userFolder = join(folder, 'n8n');
	mkdirSync(userFolder, { recursive: true });
	const log = (name: string): string => join(folder, `${name}.log`);
	const host = await ensureHost(n8n2, say);
	say('building and installing the package');
	await buildPackage(log('build'));
	await installPackage(userFolder, log('install'));
	const [port, brokerPort] = await findFreePorts(2);
	say(`starting n8n ${host.version}`);
	const server = await startN8n({ host, userFolder, port, brokerPort }, log('n8n'));
	const stop = async (): Promise<void> => {
		await server.process.stop();
	};
	const ready = await setUp(server, access).catch(async (error: unknown) => {
		await stop();
		throw error;
	});
	return { ...ready, version: host.version, pid: server.process.pid, stop };
}

async function setUp(server: N8nServer, access: Access): Promise<Pick<BenchN8n, 'rest' | 'workflows'>> {
	const rest = new N8nRest(server.url);
	await rest.signIn({ email: 'benchmark@example.org', password: `A1${randomUUID()}` });
	const mailbox = await saveCredential(rest, { name: 'Benchmark mailbox', type: 'meshApi', data: meshCredential(access) });
	const ours = await createWorkflow(rest, ourWorkflow(mailbox, MESSAGES_PER_EXECUTION));
	const oneEach = await createWorkflow(rest, ourWorkflow(mailbox, 1));
	const handMade = await createWorkflow(rest, handMadeWorkflow(await saveCredential(rest, certificateCredential(access)), access));
	return {
		rest,
		workflows: { 'n8n-ours': ours.id, 'n8n-ours-one-each': oneEach.id, 'n8n-hand-made': handMade.id },
	};
}

/** What the HTTP Request node takes for mutual TLS. */
function certificateCredential(access: Access): CredentialInput {
	const read = (path: string): string => readFileSync(path, 'utf8');
	return {
		name: 'Benchmark certificate',
		type: 'httpSslAuth',
		data: { ca: read(access.caPath), cert: read(access.certificatePath), key: read(access.privateKeyPath), passphrase: '' },
	};
}

let nodes = 0;
const node = (
	name: string,
	type: string,
	typeVersion: number,
	parameters: Record<string, unknown>,
	more: Partial<WorkflowNode> = {},
): WorkflowNode => ({ id: `node-${++nodes}`, name, type, typeVersion, position: [220 * nodes, 0], parameters, ...more });
const to = (...names: string[]) => names.map((name) => ({ node: name, type: 'main', index: 0 }));

/**
 * Our trigger, acknowledging when the workflow has succeeded, and one node that stands for the user's own. Messages in flight
 * are counted singly: with fewer of them than an execution may have, executions get fewer.
 */
function ourWorkflow(credentialId: string, messagesPerExecution: number): WorkflowFile {
	return {
		name: `Benchmark: our trigger, ${messagesPerExecution} an execution`,
		nodes: [
			node(
				'Trigger',
				'n8n-nodes-nhs-mesh.meshTrigger',
				1,
				{
					pollTimes: { item: [{ mode: 'everyMinute' }] },
					options: { messagesPerExecution, messagesInFlight: Math.max(10, 2 * messagesPerExecution) },
				},
				{
					credentials: { meshApi: { id: credentialId, name: 'Benchmark mailbox' } },
				},
			),
			node('Work', 'n8n-nodes-base.noOp', 1, {}),
		],
		connections: { Trigger: { main: [to('Work')] } },
	};
}

/**
 * The same by hand. It is spared what a real one would need: its token is made once, where MESH wants a new one, signed,
 * for each request, which takes two more nodes before each HTTP Request.
 */
function handMadeWorkflow(credentialId: string, access: Access): WorkflowFile {
	const inbox = `${access.url}/messageexchange/${access.mailboxId}/inbox`;
	const request = (name: string, method: string, url: string, options: Record<string, unknown> = {}): WorkflowNode =>
		node(
			name,
			'n8n-nodes-base.httpRequest',
			4.2,
			{
				method,
				url,
				provideSslCertificates: true,
				sendHeaders: true,
				headerParameters: {
					parameters: [
						{ name: 'Accept', value: 'application/vnd.mesh.v2+json' },
						{ name: 'Authorization', value: authorization(access) },
					],
				},
				options,
			},
			{ credentials: { httpSslAuth: { id: credentialId, name: 'Benchmark certificate' } } },
		);
	return {
		name: 'Benchmark: by hand',
		nodes: [
			node('Schedule', 'n8n-nodes-base.scheduleTrigger', 1.2, { rule: { interval: [{ field: 'seconds', secondsInterval: 5 }] } }),
			// Told, because the node does not take MESH's media type for JSON.
			request('List', 'GET', inbox, { response: { response: { responseFormat: 'json' } } }),
			node('Split', 'n8n-nodes-base.splitOut', 1, { fieldToSplitOut: 'messages', options: {} }),
			node('Loop', 'n8n-nodes-base.splitInBatches', 3, { options: {} }),
			request('Download', 'GET', `=${inbox}/{{ $json.messages }}`, {
				response: { response: { responseFormat: 'file', outputPropertyName: 'data' } },
			}),
			node('Work', 'n8n-nodes-base.noOp', 1, {}),
			request('Acknowledge', 'PUT', `=${inbox}/{{ $('Loop').item.json.messages }}/status/acknowledged`),
		],
		connections: {
			Schedule: { main: [to('List')] },
			List: { main: [to('Split')] },
			Split: { main: [to('Loop')] },
			Loop: { main: [[], to('Download')] },
			Download: { main: [to('Work')] },
			Work: { main: [to('Acknowledge')] },
			Acknowledge: { main: [to('Loop')] },
		},
	};
}

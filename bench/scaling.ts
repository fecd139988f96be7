import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildPackage } from '../n8n-lab/host/buildPackage';
import { demoFolder } from '../n8n-lab/paths';
import { findFreePorts } from '../n8n-lab/machine/ports';
import { sandboxCredential, saveCredential } from '../n8n-lab/rest/credentials';
import { createWorkflow, publishWorkflow, unpublishWorkflow } from '../n8n-lab/rest/workflows';
import { startSandbox } from '../sandbox';
import { eventually } from '../test/n8n/support/eventually';
import { clientCertificates } from '../test/n8n/support/meshFixture';
import { startWorker } from '../test/n8n/support/n8nWorker';
import type { N8nWorker } from '../test/n8n/support/n8nWorker';
import { prepareOwnN8n } from '../test/n8n/support/ownN8n';
import { startPostgres } from '../test/n8n/support/postgres';
import { startRedis } from '../test/n8n/support/redis';
import { chain } from '../test/n8n/support/workflowBuilder';
import { cpuSeconds } from './machine';

const MAILBOX = 'X26ABC2';
const TIMEOUT_MS = 10 * 60_000;

interface Load {
	title: string;
	messages: number;
	bytes: number;
}

const LOADS: Load[] = [
	{ title: '300 messages of 2 KiB', messages: 300, bytes: 2 * 1024 },
	{ title: '10 messages of 50 MiB', messages: 10, bytes: 50 * 1024 * 1024 },
];

/**
 * What a message costs in queue mode: drains an inbox with one and with two workers and prints rate and CPU time by process.
 * The trigger alone, whose execution succeeds at once: what a workflow does on top is its own.
 */
async function main(): Promise<void> {
	mkdirSync(demoFolder, { recursive: true });
	await buildPackage(join(demoFolder, 'build.log'));
	const n8n = await prepareOwnN8n();
	const log = (name: string) => join(n8n.folder, `${name}.log`);
	const [postgresPort, redisPort] = await findFreePorts(2);
	mkdirSync(join(n8n.folder, 'redis'));
	const sandbox = await startSandbox();
	const postgres = await startPostgres(postgresPort, log('postgres'));
	const redis = await startRedis(redisPort, join(n8n.folder, 'redis'), log('redis'));
	const workers: N8nWorker[] = [];
	try {
		Object.assign(n8n.settings.extra ?? {}, postgres.environment, redis.environment, {
			EXECUTIONS_MODE: 'queue',
			N8N_ENCRYPTION_KEY: 'for-this-measurement-only',
		});
		const main = await n8n.start();
		const rest = await n8n.signIn();
		const credential = await saveCredential(rest, sandboxCredential(MAILBOX, sandbox.url, clientCertificates(sandbox.certificates)));
		for (const count of [1, 2]) {
			while (workers.length < count) workers.push(await startWorker(n8n.settings, log(`worker${workers.length + 1}`), 5));
			for (const { title, messages, bytes } of LOADS) {
				const content = Buffer.alloc(bytes, 'result ');
				for (let i = 0; i < messages; i++) await sandbox.putMessage({ to: MAILBOX, content });
				const { id } = await createWorkflow(
					rest,
					chain(title, {
						name: 'Arrives',
						type: 'n8n-nodes-nhs-mesh.meshTrigger',
						credential,
						parameters: { pollTimes: { item: [{ mode: 'everyMinute' }] }, outputAs: 'binary', options: { messagesInFlight: 20 } },
					}),
				);
				const cpuBefore = [main.process, ...workers.map((worker) => worker.process)].map(({ pid }) => cpuSeconds(pid));
				const startedAt = Date.now();
				await publishWorkflow(rest, id);
				await eventually(`${title} acknowledged`, () => (sandbox.inbox(MAILBOX).length === 0 ? true : undefined), TIMEOUT_MS);
				const seconds = (Date.now() - startedAt) / 1000;
				const cpu = [main.process, ...workers.map((worker) => worker.process)].map(({ pid }, i) => cpuSeconds(pid) - cpuBefore[i]);
				const perMessage = cpu.map((total) => `${((total / messages) * 1000).toFixed(0)} ms`);
				process.stdout.write(
					`${count} worker(s), ${title}: ${seconds.toFixed(1)} s, ${(messages / seconds).toFixed(1)} messages/s, ` +
						`${((messages * bytes) / seconds / 1e6).toFixed(1)} MB/s; CPU per message: main ${perMessage[0]}, workers ${perMessage.slice(1).join(' + ')}\n`,
				);
				await unpublishWorkflow(rest, id);
			}
		}
	} finally {
		for (const worker of workers) await worker.process.stop();
		await n8n.close();
		await postgres.stop();
		await redis.stop();
		await sandbox.close();
	}
}

main().catch((error: unknown) => {
	process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
	process.exitCode = 1;
});

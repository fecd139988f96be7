import { readFile } from 'node:fs/promises';
import { n8nEnvironment } from '../../../n8n-lab/host/n8nProcess';
import type { N8nSettings } from '../../../n8n-lab/host/n8nProcess';
import { startProcess } from '../../../n8n-lab/machine/processes';
import type { ManagedProcess } from '../../../n8n-lab/machine/processes';
import { findFreePorts } from '../../../n8n-lab/machine/ports';
import { eventually } from './eventually';

/** A worker of n8n's queue mode. */
export interface N8nWorker {
	readonly process: ManagedProcess;
	/** IDs of the executions that it has begun, from its log. */
	started(): Promise<string[]>;
	/** IDs of those that it has ended. */
	finished(): Promise<string[]>;
}

const START_TIMEOUT_MS = 120_000;

/** Starts `n8n worker` with the settings of the main process and waits until it takes work. */
export async function startWorker(main: N8nSettings, logFile: string, concurrency: number): Promise<N8nWorker> {
	const [healthPort, brokerPort] = await findFreePorts(2);
	const extra = { ...main.extra, QUEUE_HEALTH_CHECK_ACTIVE: 'true', QUEUE_HEALTH_CHECK_PORT: String(healthPort) };
	const worker = startProcess({
		name: 'n8n worker',
		command: main.host.node,
		args: [main.host.n8n, 'worker', `--concurrency=${concurrency}`],
		env: n8nEnvironment({ ...main, brokerPort, extra }),
		cwd: main.userFolder,
		logFile,
	});
	await eventually(`a worker that is ready (log: ${logFile})`, async () => (await isReady(healthPort)) || undefined, START_TIMEOUT_MS);
	const ids = async (what: string) =>
		[...(await readFile(logFile, 'utf8')).matchAll(new RegExp(`Worker ${what} execution (\\d+)`, 'g'))].map(([, id]) => id);
	return { process: worker, started: async () => await ids('started'), finished: async () => await ids('finished') };
}

async function isReady(port: number): Promise<boolean> {
	return await fetch(`http://127.0.0.1:${port}/healthz/readiness`).then(
		(response) => response.ok,
		() => false,
	);
}

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureHost } from '../../../n8n-lab/host/installHost';
import type { N8nSettings, N8nServer } from '../../../n8n-lab/host/n8nProcess';
import { startN8n } from '../../../n8n-lab/host/n8nProcess';
import { N8nRest } from '../../../n8n-lab/rest/restClient';
import { installPackage } from '../../../n8n-lab/host/installPackage';
import { findFreePorts } from '../../../n8n-lab/machine/ports';
import { SHARED_N8N_VARIABLE, sharedN8n, testedHost } from './sharedN8n';

/** An n8n of one test file's own, which may be killed and started again on the same folder. */
export interface OwnN8n {
	readonly settings: N8nSettings;
	/** For logs and other files of the test; removed by close(). */
	readonly folder: string;
	readonly logFile: string;
	/** Starts n8n, or starts it again. */
	start(): Promise<N8nServer>;
	/** SIGKILL to n8n and everything it started, as a crash or the kernel's memory killer does. */
	kill(): Promise<void>;
	/** SIGTERM, as a service manager does; resolves when n8n has ended, which it does by itself after 30 seconds at the latest. */
	stop(): Promise<void>;
	/** A signed-in client of the running n8n. */
	signIn(): Promise<N8nRest>;
	close(): Promise<void>;
}

const OWNER = { email: 'tests@example.com', password: 'Mesh-tests-1' };

/** Everything that n8n 2 keeps in its database instead of in the memory of one process. */
export const DURABLE_SWITCHES = {
	N8N_SCHEDULER_ENABLED: 'true',
	N8N_SCHEDULER_POLL_TRIGGERS_ENABLED: 'true',
	N8N_USE_WORKFLOW_PUBLICATION_SERVICE: 'true',
	N8N_POLLER_DURABLE_CURSORS_ENABLED: 'true',
	// Who polled, and what for, is told in debug messages only.
	N8N_LOG_LEVEL: 'debug',
	N8N_LOG_SCOPES: 'scheduler',
};

/**
 * Prepares a folder; nothing runs yet.
 * @param extra further variables for n8n's environment
 * @param withPackage whether the packed package is installed, which else is for the test to do
 */
export async function prepareOwnN8n(extra: Record<string, string> = {}, withPackage = true): Promise<OwnN8n> {
	const folder = await mkdtemp(join(runFolder(), 'nhs-mesh-own-n8n-'));
	const userFolder = join(folder, 'user');
	await mkdir(userFolder);
	if (withPackage) await installPackage(userFolder, join(folder, 'package.log'));
	const host = await ensureHost(testedHost, () => undefined);
	const [port, brokerPort] = await findFreePorts(2);
	const settings: N8nSettings = { host, userFolder, port, brokerPort, extra };
	const logFile = join(folder, 'n8n.log');
	let server: N8nServer | undefined;
	return {
		settings,
		folder,
		logFile,
		start: async () => (server = await startN8n(settings, logFile)),
		kill: async () => await server?.process.kill(),
		stop: async () => await server?.process.stop(45_000),
		async signIn() {
			const rest = new N8nRest(`http://127.0.0.1:${port}`);
			await rest.signIn(OWNER);
			return rest;
		},
		async close() {
			await server?.process.stop();
			await rm(folder, { recursive: true, force: true });
		},
	};
}

/** The folder of the test run, which is removed however the run ends. */
function runFolder(): string {
	return process.env[SHARED_N8N_VARIABLE] ? sharedN8n().folder : tmpdir();
}

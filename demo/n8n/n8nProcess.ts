import { setTimeout as sleep } from 'node:timers/promises';
import { problem } from '../problem';
import { startProcess } from '../system/managedProcess';
import type { ManagedProcess } from '../system/managedProcess';
import { tail } from '../system/runCommand';
import { n8nEnvironment } from './environment';
import type { N8nSettings } from './environment';

/** A running n8n. */
export interface N8nServer {
	/** http://127.0.0.1:PORT */
	readonly url: string;
	readonly process: ManagedProcess;
}

const START_TIMEOUT_MS = 240_000;
const POLL_INTERVAL_MS = 250;
const REQUEST_TIMEOUT_MS = 5_000;
const TAIL_LINES = 15;

/**
 * Starts `n8n start` and waits until its REST interface answers.
 * @throws a problem with the end of n8n's log when it ends early or takes too long
 */
export async function startN8n(settings: N8nSettings, logFile: string): Promise<N8nServer> {
	const server: N8nServer = {
		url: `http://127.0.0.1:${settings.port}`,
		process: startProcess({
			name: 'n8n',
			command: settings.host.node,
			args: [settings.host.n8n, 'start'],
			env: n8nEnvironment(settings),
			cwd: settings.filesFolder ?? settings.userFolder,
			logFile,
		}),
	};
	const deadline = Date.now() + START_TIMEOUT_MS;
	while (!(await answers(`${server.url}/rest/settings`))) {
		if (!server.process.running) throw problem(`n8n ended while starting; ${logFile} ends with:\n${await tail(logFile, TAIL_LINES)}`);
		if (Date.now() > deadline) {
			await server.process.kill();
			throw problem(`n8n was not ready after ${START_TIMEOUT_MS / 1000} s; ${logFile} ends with:\n${await tail(logFile, TAIL_LINES)}`);
		}
		await sleep(POLL_INTERVAL_MS);
	}
	return server;
}

/** While it starts, n8n answers every address with a page: only JSON tells that it is ready. */
async function answers(url: string): Promise<boolean> {
	try {
		const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
		return response.ok && (response.headers.get('content-type') ?? '').includes('json') && Boolean(await response.json());
	} catch {
		return false;
	}
}

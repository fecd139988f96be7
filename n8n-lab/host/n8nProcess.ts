import { delimiter, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProcess, tail } from '../machine/processes';
import type { ManagedProcess } from '../machine/processes';
import { problem } from '../terminal';
import type { Host } from './installHost';

export interface N8nSettings {
	host: Host;
	/** N8N_USER_FOLDER: n8n's database, encryption key, installed packages and binary data. */
	userFolder: string;
	port: number;
	/** n8n's task runner broker; every n8n on a machine needs its own. */
	brokerPort: number;
	/** The folder that n8n's file nodes may read and write; relative paths start there. */
	filesFolder?: string;
	/** Further variables, or other values for these. */
	extra?: Record<string, string>;
}

/** An n8n that runs for itself: no telemetry, no look-ups on the internet, reachable from this machine only. */
const QUIET: Record<string, string> = {
	N8N_LISTEN_ADDRESS: '127.0.0.1',
	N8N_SECURE_COOKIE: 'false',
	N8N_DIAGNOSTICS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
	N8N_VERSION_NOTIFICATIONS_WHATS_NEW_ENABLED: 'false',
	N8N_DYNAMIC_BANNERS_ENABLED: 'false',
	N8N_HIRING_BANNER_ENABLED: 'false',
	N8N_TEMPLATES_ENABLED: 'false',
	N8N_PERSONALIZATION_ENABLED: 'false',
	N8N_LICENSE_AUTO_RENEW_ENABLED: 'false',
	N8N_VERIFIED_PACKAGES_ENABLED: 'false',
	N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
	EXTERNAL_FRONTEND_HOOKS_URLS: '',
	// Files on disk, streamed: what large messages need. n8n makes its own encryption key in the user folder.
	N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
};

/** Settings of an n8n that the person may run otherwise, and of the test runner: they must not leak into ours. */
const FOREIGN = /^(N8N_|DB_|EXECUTIONS_|QUEUE_|WEBHOOK_URL|EXTERNAL_HOOK_FILES|GENERIC_TIMEZONE|NODE_OPTIONS|NODE_PATH|NODE_ENV|JEST_)/;

/** The whole environment of an n8n process (main, worker or command). */
export function n8nEnvironment(settings: N8nSettings): NodeJS.ProcessEnv {
	const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
	return {
		...inherited,
		...QUIET,
		...settings.host.environment,
		N8N_USER_FOLDER: settings.userFolder,
		N8N_PORT: String(settings.port),
		N8N_RUNNERS_BROKER_PORT: String(settings.brokerPort),
		...(settings.filesFolder && { N8N_RESTRICT_FILE_ACCESS_TO: settings.filesFolder }),
		// The sandbox is on this machine: a proxy that the person uses must not get in between.
		NO_PROXY: [process.env.NO_PROXY ?? process.env.no_proxy, 'localhost', '127.0.0.1'].filter(Boolean).join(','),
		PATH: [dirname(settings.host.node), process.env.PATH].join(delimiter),
		...settings.extra,
	};
}

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

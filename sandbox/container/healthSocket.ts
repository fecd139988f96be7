import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sandbox } from '../contract/sandbox';
import { portsOf } from './ports';

/** Where the health check asks: it is a process of its own, which knows neither flags nor ports of the sandbox. */
export const healthSocket = (): string => join(tmpdir(), 'mesh-health.sock');

/** Answers the health check on a socket of the file system: 200 while the sandbox's own ports take connections. */
export async function answerHealthChecks(sandbox: Pick<Sandbox, 'port' | 'pageUrl'>): Promise<Server> {
	const server = createServer((_request, response) => {
		void Promise.all(portsOf(sandbox).map(takesConnections)).then((open) => response.writeHead(open.every(Boolean) ? 200 : 503).end());
	});
	// Left behind by a container that was ended without warning and started again.
	rmSync(healthSocket(), { force: true });
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(healthSocket(), () => resolve());
	});
	return server.unref();
}

/** A connection on which nothing is said leaves no line in the sandbox's log. */
function takesConnections(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, '127.0.0.1');
		socket.once('error', () => resolve(false));
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
	});
}

import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { problem } from '../terminal';

/** Whether a server of ours could listen on 127.0.0.1:`port` now. */
export async function isPortFree(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
	});
}

/** @throws a problem that names the option which chooses another port */
export async function requireFreePort(port: number, whatFor: string, option: string): Promise<void> {
	if (await isPortFree(port)) return;
	throw problem(
		`Port ${port} (${whatFor}) is taken: end the program that uses it, or choose another with npm start -- ${option} ${port + 10}`,
	);
}

/** Some ports that nothing listens on now, all different. */
export async function findFreePorts(count: number): Promise<number[]> {
	const servers = await Promise.all(
		Array.from({ length: count }, async () => {
			const server = createServer();
			await new Promise<void>((resolve, reject) => {
				server.once('error', reject);
				server.listen(0, '127.0.0.1', resolve);
			});
			return server;
		}),
	);
	const ports = servers.map((server) => (server.address() as AddressInfo).port);
	await Promise.all(servers.map(async (server) => await new Promise((resolve) => server.close(resolve))));
	return ports;
}

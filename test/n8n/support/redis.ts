import { createConnection } from 'node:net';
import { startProcess } from '../../../n8n-lab/machine/processes';
import { eventually } from './eventually';

/** A Redis of the test's own, in memory only. */
export interface Redis {
	/** n8n's settings for it. */
	readonly environment: Record<string, string>;
	stop(): Promise<void>;
}

const START_TIMEOUT_MS = 30_000;

export async function startRedis(port: number, folder: string, logFile: string): Promise<Redis> {
	const server = startProcess({
		name: 'redis',
		command: 'redis-server',
		args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
		env: process.env,
		logFile,
	});
	await eventually(`Redis on port ${port} (log: ${logFile})`, async () => (await accepts(port)) || undefined, START_TIMEOUT_MS);
	return {
		environment: { QUEUE_BULL_REDIS_HOST: '127.0.0.1', QUEUE_BULL_REDIS_PORT: String(port) },
		stop: async () => await server.stop(),
	};
}

async function accepts(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = createConnection({ port, host: '127.0.0.1' });
		socket.once('connect', () => resolve(true));
		socket.once('error', () => resolve(false));
		socket.once('connect', () => socket.destroy());
	});
}

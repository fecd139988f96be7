import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface RawServer {
	readonly url: string;
	readonly connections: Socket[];
	close(): Promise<void>;
}

/** A server that answers each connection with whatever a test likes, HTTP or not. */
export async function rawServer(answer: (socket: Socket, request: string) => void): Promise<RawServer> {
	const connections: Socket[] = [];
	const server = createServer((socket) => {
		connections.push(socket);
		socket.on('error', () => socket.destroy());
		socket.on('data', (data) => answer(socket, data.toString('latin1')));
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		connections,
		async close() {
			for (const socket of connections) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

/** A plain HTTP answer. */
export const http = (status: number, headers: Record<string, string>, body: string | Buffer = ''): Buffer =>
	Buffer.concat([
		Buffer.from(
			[`HTTP/1.1 ${status} X`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', ''].join('\r\n'),
			'latin1',
		),
		Buffer.from(body),
	]);

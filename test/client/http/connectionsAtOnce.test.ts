import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bufferSource } from '../../../nodes/Mesh/client';
import { takeTurn } from '../../../nodes/Mesh/client/http/turns';
import { bytesOf, failureOf, startWorld } from '../world';
import type { World } from '../world';

let world: World;
beforeAll(async () => (world = await startWorld({ tls: false })));
beforeEach(async () => await world.reset());
afterAll(async () => await world.close());

/** In front of the sandbox: counts connections, and requests that are under way until their answer has ended. */
async function startCounter() {
	const seen = { connections: 0, most: 0, now: 0, requests: 0 };
	const server = createServer((request, response) => {
		seen.requests++;
		seen.most = Math.max(seen.most, ++seen.now);
		response.once('close', () => seen.now--);
		const chunks: Buffer[] = [];
		request.on('data', (piece: Buffer) => chunks.push(piece));
		request.once('end', () => {
			const headers = Object.fromEntries(
				Object.entries(request.headers as Record<string, string>).filter(([name]) => name !== 'host' && name !== 'connection'),
			);
			void fetch(`${world.sandbox.url}${request.url}`, {
				method: request.method,
				headers,
				...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
			}).then(async (answer) => {
				const body = Buffer.from(await answer.arrayBuffer());
				const kept = [...answer.headers].filter(
					([name]) => !['content-encoding', 'content-length', 'transfer-encoding', 'connection'].includes(name),
				);
				response.writeHead(answer.status, Object.fromEntries(kept)).end(body);
			});
		});
	});
	server.on('connection', () => seen.connections++);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return {
		seen,
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		async close() {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

const content = Buffer.alloc(600_000, 'x');
const send = { to: 'X26ABC1', workflowId: 'TEST_WORKFLOW' };

test.each([1, 2, 3])(
	'%d at once: a server never sees more requests or connections of one client, whatever runs side by side',
	async (connections) => {
		const server = await startCounter();
		const client = world.client('X26ABC1', { baseUrl: server.url, tls: {}, connections });
		const sent = await Promise.all(
			Array.from(
				{ length: 3 },
				async () => await client.send({ ...send, source: bufferSource(content) }, { chunkSize: 200_000, compression: 'never' }),
			),
		);
		const received = await Promise.all(
			sent.map(async ({ messageId }) => {
				const { body } = await client.download(messageId, { readAhead: 4 });
				const bytes = await bytesOf(body);
				await client.acknowledge(messageId);
				return bytes.length;
			}),
		);
		expect(received).toEqual([content.length, content.length, content.length]);
		expect([server.seen.most, server.seen.connections]).toEqual([connections, connections]);
		await client.close();
		await server.close();
	},
);

test('1 at once holds over all clients of a mailbox, and over those that are allowed more', async () => {
	const server = await startCounter();
	const clients = [1, 8, 1].map((connections) => world.client('X26ABC1', { baseUrl: server.url, tls: {}, connections }));
	await Promise.all(clients.flatMap((client) => [client.countMessages(), client.handshake(), client.countMessages()]));
	expect(server.seen.requests).toBe(9);
	expect(server.seen.most).toBeLessThanOrEqual(3); // the three of the client that is allowed more
	await Promise.all(clients.map(async (client) => await client.close()));
	await server.close();
});

describe('turns', () => {
	const call = 'ask';

	test('are given in the order in which they are asked for, and one is free for whoever reads', async () => {
		const first = await takeTurn('a', { limit: 2, call });
		const ahead = await takeTurn('a', { limit: 2, call, ahead: true });
		const order: string[] = [];
		const secondAhead = takeTurn('a', { limit: 2, call, ahead: true }).then((done) => (order.push('ahead'), done));
		const reader = takeTurn('a', { limit: 2, call }).then((done) => (order.push('reader'), done));
		first();
		(await reader)();
		ahead();
		(await secondAhead)();
		expect(order).toEqual(['reader', 'ahead']);
	});

	test('end when the call is cancelled, and do not stand in the way of others then', async () => {
		const done = await takeTurn('b', { limit: 1, call });
		const stop = new AbortController();
		const cancelled = failureOf(takeTurn('b', { limit: 1, call, signal: stop.signal }));
		const next = takeTurn('b', { limit: 1, call });
		stop.abort();
		expect(await cancelled).toMatchObject({ code: 'MESH_ABORTED' });
		done();
		(await next)();
	});

	test('are not waited for longer than somebody is patient', async () => {
		const done = await takeTurn('c', { limit: 1, call });
		const late = await failureOf(
			takeTurn('c', { limit: 1, call, patience: { milliseconds: 5, after: (_milliseconds, then) => (queueMicrotask(then), () => {}) } }),
		);
		expect(late).toMatchObject({ code: 'MESH_TIMEOUT', networkCode: 'MESH_CONNECTIONS_IN_USE', ambiguous: false });
		done();
		(await takeTurn('c', { limit: 1, call }))();
	});
});

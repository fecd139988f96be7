import { randomBytes } from 'node:crypto';
import type { MeshClient, MessageSource } from '../../../nodes/Mesh/client';
import { MeshClient as Client } from '../../../nodes/Mesh/client';
import { bufferSource } from '../../../nodes/Mesh/client/sources';
import { bytesOf, failureOf } from '../world';
import { http, rawServer } from './rawServer';
import type { RawServer } from './rawServer';

const servers: RawServer[] = [];
const clients: MeshClient[] = [];
afterAll(async () => {
	for (const server of servers) await server.close();
	for (const client of clients) await client.close();
});

/** A client of a server that answers as told. */
async function clientOf(answer: Parameters<typeof rawServer>[0], limits: { responseMs?: number; stallMs: number }): Promise<MeshClient> {
	const server = await rawServer(answer);
	servers.push(server);
	const client = new Client({
		baseUrl: server.url,
		mailboxId: 'X26ABC1',
		mailboxPassword: 'password',
		sharedKey: 'TestKey',
		tls: {},
		timeouts: { connectMs: 5_000, responseMs: 60_000, ...limits },
		retry: { attempts: 1, settleDelaysMs: [] },
		runtime: { sleep: async () => {} },
	});
	clients.push(client);
	return client;
}

let client: MeshClient;
beforeAll(async () => {
	client = await clientOf((socket) => void socket.pause(), { stallMs: 200 });
});

const send = async (source: MessageSource) =>
	await failureOf(client.send({ to: 'A', workflowId: 'W', source }, { compression: 'never', chunkSize: 99_999_999 }));

test('a server that stops reading is given up, long before the time for its answer', async () => {
	const size = 50_000_000;
	const block = Buffer.alloc(256 * 1024);
	const error = await send({
		size,
		async *read() {
			for (let left = size; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
		},
	});
	expect(error).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN', networkCode: 'MESH_SEND_STALLED' });
});

test('content in memory, which comes in one piece, does not stall on a line that is slow and moves', async () => {
	// The kernel takes some MB at once, so that the line moves in leaps: the whole takes many of them, and longer than the limit.
	const size = 60_000_000;
	let received = 0;
	const patient = await clientOf(
		(socket, piece) => {
			received += piece.length;
			socket.pause();
			if (received > size) socket.end(http(202, { 'content-type': 'application/json', 'content-length': '20' }, '{"message_id": "M1"}'));
			else setTimeout(() => socket.resume(), 5);
		},
		{ stallMs: 4_000 },
	);
	const sent = await patient.send(
		{ to: 'A', workflowId: 'W', source: bufferSource(randomBytes(size)) },
		{ compression: 'never', chunkSize: 99_999_999 },
	);
	expect(sent).toMatchObject({ messageId: 'M1', bytes: size });
});

test('content that does not come is not blamed on the server, and surely not sent', async () => {
	const error = await send({
		size: 20,
		async *read() {
			yield Buffer.alloc(10);
			await new Promise(() => {});
		},
	});
	expect(error).toMatchObject({ code: 'MESH_TIMEOUT', networkCode: 'MESH_SOURCE_STALLED', parameter: 'source', ambiguous: false });
});

describe('an answer', () => {
	const half = (socket: Parameters<Parameters<typeof rawServer>[0]>[0]) =>
		void socket.write(http(200, { 'content-length': '20', 'mex-messageid': 'ID1' }, 'half of it'));

	test('that does not come is given up', async () => {
		const waiting = await clientOf(() => {}, { responseMs: 200, stallMs: 60_000 });
		expect(await failureOf(waiting.countMessages())).toMatchObject({
			code: 'MESH_TIMEOUT',
			networkCode: 'MESH_RESPONSE_TIMEOUT',
			temporary: true,
		});
	});

	test('that stops in the middle is given up, long before the time for a whole answer', async () => {
		const reading = await clientOf(half, { stallMs: 200 });
		const error = await failureOf(reading.download('ID1').then(async ({ body }) => await bytesOf(body)));
		expect(error).toMatchObject({ code: 'MESH_TIMEOUT', networkCode: 'MESH_ANSWER_STALLED', messageId: 'ID1', temporary: true });
		expect(error.message).toMatch(/stopped in the middle/);
	});

	test('that should be short and never ends is given up as a whole', async () => {
		const counting = await clientOf(half, { responseMs: 200, stallMs: 60_000 });
		expect(await failureOf(counting.countMessages())).toMatchObject({ code: 'MESH_TIMEOUT', networkCode: 'MESH_ANSWER_TIMEOUT' });
	});
});

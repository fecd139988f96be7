import type { MeshClient, MessageSource } from '../../../nodes/Mesh/client';
import { MeshClient as Client } from '../../../nodes/Mesh/client';
import { failureOf } from '../world';
import { rawServer } from './rawServer';
import type { RawServer } from './rawServer';

let server: RawServer;
let client: MeshClient;
beforeAll(async () => {
	server = await rawServer((socket) => void socket.pause());
	client = new Client({
		baseUrl: server.url, mailboxId: 'X26ABC1', password: 'password', sharedKey: 'TestKey', tls: {},
		timeouts: { connectMs: 1_000, responseMs: 60_000, stallMs: 200 }, retry: { attempts: 1, settleDelaysMs: [] }, runtime: { sleep: async () => {} },
	});
});
afterAll(async () => {
	await server.close();
	await client.close();
});

const send = async (source: MessageSource) => await failureOf(client.send({ to: 'A', workflowId: 'W', source }, { compression: 'never', chunkSize: 100_000_000 }));

test('a server that stops reading is given up, long before the time for its answer', async () => {
	const size = 50_000_000;
	const block = Buffer.alloc(256 * 1024);
	const error = await send({ size, async *read() { for (let left = size; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length)); } });
	expect(error).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN', networkCode: 'MESH_SEND_STALLED' });
});

test('content that does not come is not blamed on the server, and surely not sent', async () => {
	const error = await send({ size: 20, async *read() { yield Buffer.alloc(10); await new Promise(() => {}); } });
	expect(error).toMatchObject({ code: 'MESH_TIMEOUT', networkCode: 'MESH_SOURCE_STALLED', parameter: 'source', ambiguous: false });
});

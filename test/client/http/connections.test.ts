import { setTimeout as pause } from 'node:timers/promises';
import { startSandbox, type Sandbox } from '../../../sandbox';
import { MeshClient, type MessageSource } from '../../../nodes/Mesh/client';

let sandbox: Sandbox;
let client: MeshClient;

beforeAll(async () => {
	sandbox = await startSandbox();
});

beforeEach(() => {
	const { ca, client: own } = sandbox.certificates;
	client = new MeshClient({
		baseUrl: sandbox.url,
		mailboxId: 'X26ABC1',
		mailboxPassword: 'password',
		sharedKey: 'TestKey',
		tls: { clientCertificate: own.certificate, privateKey: own.privateKey, caCertificates: ca },
	});
});

afterEach(async () => {
	await client.close();
	await sandbox.reset();
});

afterAll(async () => {
	await sandbox.close();
});

/** Takes its time between its last byte and its end, as a file does that is being closed. */
const slowToEnd = (size: number): MessageSource => ({
	size,
	async *read(start, end) {
		yield Buffer.alloc(end - start, 'x');
		await pause(5);
	},
});

const send = async (source: MessageSource, chunkSize?: number) =>
	await client.send({ to: 'X26ABC2', workflowId: 'TEST_WORKFLOW', source }, { chunkSize, compression: 'never' });

describe('the connections of a client', () => {
	it('are one for all chunks of a message, although its source ends later than its bytes: each new one costs a handshake', async () => {
		const before = sandbox.connections.accepted;
		await send(slowToEnd(600_000), 100_000);
		expect(sandbox.connections.accepted - before).toBe(1);
	});

	it('cost one full TLS handshake, also when many calls start at once', async () => {
		const before = { ...sandbox.connections };
		await Promise.all(Array.from({ length: 12 }, async () => await send(slowToEnd(100))));
		const accepted = sandbox.connections.accepted - before.accepted;
		expect(accepted).toBeGreaterThan(1);
		expect(sandbox.connections.resumed - before.resumed).toBe(accepted - 1);
	});

	it('are not opened anew for calls one after the other', async () => {
		const before = sandbox.connections.accepted;
		await client.handshake();
		for await (const page of client.listInbox()) expect(page.messageIds).toEqual([]);
		await send(slowToEnd(2048));
		expect(sandbox.connections.accepted - before).toBe(1);
	});
});

describe('small calls cost no more requests than MESH needs', () => {
	const calls = (): string[] => sandbox.requests.map(({ call }) => call);

	it('an empty poll is one request', async () => {
		for await (const page of client.listInbox()) expect(page.hasMore).toBe(false);
		expect(calls()).toEqual(['list']);
	});

	it('sending a message of 2 KiB is one request', async () => {
		await client.send({ to: 'X26ABC2', workflowId: 'TEST_WORKFLOW', source: slowToEnd(2048) });
		expect(calls()).toEqual(['send']);
	});

	it('receiving one of 2 KiB is one request, and acknowledging it another', async () => {
		const messageId = await sandbox.putMessage({ to: 'X26ABC1', content: Buffer.alloc(2048, 'x') });
		const message = await client.download(messageId);
		for await (const piece of message.body) expect(piece.length).toBeGreaterThan(0);
		expect(message.received?.bytes).toBe(2048);
		await client.acknowledge(messageId);
		expect(calls()).toEqual(['download', 'acknowledge']);
	});
});

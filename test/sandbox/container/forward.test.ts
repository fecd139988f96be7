import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { Agent, request } from 'node:https';
import { forward, openPorts } from '../../../sandbox/container/ports';
import { startSandbox, type Sandbox } from '../../../sandbox';
import { token } from '../support/caller';

let sandbox: Sandbox;
let gate: Server;
beforeAll(async () => {
	sandbox = await startSandbox();
	gate = await forward('127.0.0.1', 0, sandbox.port);
});
afterEach(() => sandbox.reset());
afterAll(async () => {
	gate.close();
	await sandbox.close();
});

/** One request through the forwarded port. */
function call(
	method: string,
	path: string,
	headers: Record<string, string> = {},
	body?: Buffer,
): Promise<{ status: number; body: Buffer }> {
	const { ca, client } = sandbox.certificates;
	const agent = new Agent({ ca, cert: client.certificate, key: client.privateKey });
	const { port } = gate.address() as AddressInfo;
	return new Promise((resolve, reject) => {
		const outgoing = request(
			`https://localhost:${port}/messageexchange/${path}`,
			{ method, agent, headers: { authorization: token('X26ABC1', sandbox.clock.now()), ...headers } },
			(response) => {
				const blocks: Buffer[] = [];
				response.on('data', (block: Buffer) => blocks.push(block));
				response.once('error', reject);
				response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(blocks) }));
			},
		);
		outgoing.once('error', reject);
		outgoing.end(body);
	});
}

test('megabytes pass through both ways unchanged, mutual TLS included', async () => {
	const content = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * 31) % 256));
	expect((await call('POST', 'X26ABC1/outbox', { 'mex-to': 'X26ABC1', 'mex-workflowid': 'W' }, content)).status).toBe(202);
	const [id] = sandbox.inbox('X26ABC1');
	expect((await call('GET', `X26ABC1/inbox/${id}`)).body.equals(content)).toBe(true);
});

test('a reset inside is a reset outside, so that faults mean the same', async () => {
	sandbox.arm({ call: 'count', fault: { kind: 'resetAfterProcessing' } });
	await expect(call('GET', 'X26ABC1/count')).rejects.toMatchObject({ code: 'ECONNRESET' });
	expect((await call('GET', 'X26ABC1/count')).status).toBe(200);
});

test('a client that goes away does not leave a connection behind', async () => {
	await call('GET', 'X26ABC1/count');
	await call('GET', 'X26ABC1/count');
	while (sandbox.connections.open > 0) await new Promise((resolve) => setImmediate(resolve));
	expect(sandbox.connections.open).toBe(0);
});

test('while nothing listens inside, connections are reset', async () => {
	const idle = createServer();
	await new Promise<void>((resolve) => idle.listen(0, '127.0.0.1', resolve));
	const { port } = idle.address() as AddressInfo;
	await new Promise((resolve) => idle.close(resolve));
	const closed = await forward('127.0.0.1', 0, port);
	const client = connect({ host: '127.0.0.1', port: (closed.address() as AddressInfo).port });
	expect(await new Promise((resolve) => client.once('error', resolve))).toMatchObject({ code: 'ECONNRESET' });
	closed.close();
});

test('a port that is taken is an error of the caller', async () => {
	await expect(forward('127.0.0.1', sandbox.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('the ports that are opened are those the sandbox has, its page among them', async () => {
	const withPage = await startSandbox({ pagePort: 0 });
	const complaints: string[] = [];
	// Another address of this machine, as a container has one besides its loopback.
	const opened = await openPorts(withPage, ['127.0.0.2'], (line) => complaints.push(line));
	const again = await openPorts(withPage, ['127.0.0.2'], (line) => complaints.push(line));
	const page = Number(new URL(withPage.pageUrl as string).port);
	expect(opened.map((server) => (server.address() as AddressInfo).port)).toEqual([withPage.port, page]);
	expect([again, complaints]).toEqual([
		[],
		[expect.stringMatching(`Cannot open port ${withPage.port} of 127.0.0.2: .*EADDRINUSE`), expect.stringContaining(`port ${page}`)],
	]);
	for (const port of [withPage.port, page]) {
		const client = connect({ host: '127.0.0.2', port });
		await new Promise((resolve) => client.once('connect', resolve));
		client.destroy();
	}
	for (const server of opened) server.close();
	await withPage.close();
});

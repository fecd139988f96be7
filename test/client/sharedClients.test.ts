import { closeSharedClients, sharedClient } from '../../nodes/Mesh/client';
import type { MeshClientOptions } from '../../nodes/Mesh/client';
import { bytesOf, startWorld, thrownBy } from './world';
import type { World } from './world';

let world: World;
beforeAll(async () => (world = await startWorld()));
afterAll(async () => await world.close());
afterEach(async () => {
	jest.useRealTimers();
	await closeSharedClients();
	await world.reset();
});

test('one credential has one client, whoever asks and whatever logs', () => {
	const options = world.options();
	expect(sharedClient(options)).toBe(sharedClient({ ...options, logger: undefined }));
	expect(sharedClient(options)).toBe(sharedClient({ ...options, tls: { ...options.tls, passphrase: undefined } }));
});

test.each<[string, (options: MeshClientOptions) => Partial<MeshClientOptions>]>([
	['mailbox', () => ({ mailboxId: 'X26ABC2' })],
	['password', () => ({ mailboxPassword: 'Password' })],
	['shared key', () => ({ sharedKey: 'TestKey2' })],
	['environment', () => ({ baseUrl: 'https://localhost:1' })],
	[
		'certificate',
		({ tls }) => ({
			tls: {
				...tls,
				clientCertificate: world.sandbox.certificates.strangerClient.certificate,
				privateKey: world.sandbox.certificates.strangerClient.privateKey,
			},
		}),
	],
	['list of authorities', ({ tls }) => ({ tls: { ...tls, caCertificates: undefined } })],
	['trust in any server', ({ tls }) => ({ tls: { ...tls, ignoreSslIssues: true } })],
	['retries', () => ({ retry: { attempts: 1 } })],
	['timeouts', () => ({ timeouts: { stallMs: 1 } })],
])('another %s is another client, so that no credential uses the connections of another', (_what, change) => {
	const options = world.options();
	expect(sharedClient({ ...options, ...change(options) })).not.toBe(sharedClient(options));
});

test('two PKCS#12 files are two clients', () => {
	const { clientPkcs12: pkcs12, clientPkcs12Passphrase: passphrase } = world.sandbox.certificates;
	const options = world.options('X26ABC1', { tls: { pkcs12, passphrase } });
	expect(sharedClient(options)).toBe(sharedClient(world.options('X26ABC1', { tls: { pkcs12: Buffer.from(pkcs12), passphrase } })));
	const other = Buffer.concat([pkcs12, Buffer.from([0])]);
	expect(sharedClient(world.options('X26ABC1', { tls: { pkcs12: other, passphrase } }))).not.toBe(sharedClient(options));
});

test('another proxy in the environment is another client', () => {
	const before = process.env.HTTPS_PROXY;
	const first = sharedClient(world.options());
	process.env.HTTPS_PROXY = 'http://127.0.0.1:1';
	const second = sharedClient(world.options());
	if (before === undefined) delete process.env.HTTPS_PROXY;
	else process.env.HTTPS_PROXY = before;
	expect(second).not.toBe(first);
});

test('a credential that cannot be used is refused each time, and kept for no one', () => {
	for (let time = 0; time < 2; time++)
		expect(thrownBy(() => sharedClient(world.options('X26ABC1', { mailboxPassword: '' })))).toMatchObject({
			code: 'MESH_INVALID_CREDENTIAL',
		});
});

test('polls and downloads of one credential share a connection', async () => {
	const before = world.sandbox.connections.accepted;
	for (let time = 0; time < 5; time++) await sharedClient(world.options()).countMessages();
	expect(world.sandbox.connections.accepted - before).toBe(1);
});

test('an idle client is closed and made anew when it is wanted again; whoever still holds it can use it all the same', async () => {
	jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'Date'] });
	const options = world.options();
	const client = sharedClient(options);
	jest.advanceTimersByTime(10 * 60_000);
	expect(sharedClient(options)).toBe(client);
	jest.advanceTimersByTime(14 * 60_000);
	expect(sharedClient(options)).toBe(client);
	jest.advanceTimersByTime(16 * 60_000);
	jest.useRealTimers();
	expect(sharedClient(options)).not.toBe(client);
	expect(await client.countMessages()).toBe(0);
	await client.close();
});

test('a client that is busy is not closed under its calls, and closing waits for them', async () => {
	const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: ['one', 'two'] });
	const client = sharedClient(world.options());
	const { body } = await client.download(messageId);
	expect(client.busy).toBe(true);
	const order: string[] = [];
	const closing = closeSharedClients().then(() => order.push('closed'));
	await new Promise((resolve) => setImmediate(resolve));
	const content = await bytesOf(body);
	order.push('read');
	await closing;
	expect(content.toString()).toBe('onetwo');
	expect(order).toEqual(['read', 'closed']);
	expect(client.busy).toBe(false);
});

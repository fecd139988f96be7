import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import {
	MeshClient,
	type MeshClientOptions,
	type MessageSource,
	bufferSource,
	closeSharedClients,
	sharedClient,
} from '../../../nodes/Mesh/client';
import { type Sandbox, startSandbox } from '../../../sandbox';
import { chainOfThree, issue, pkcs8 } from '../certificates/fixtures';
import { type World, bytesOf, failureOf, startWorld, thrownBy } from '../world';

describe('kept and given up', () => {
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
});

describe('behind TLS', () => {
	let world: World;
	beforeAll(async () => (world = await startWorld()));
	afterAll(async () => await world.close());
	beforeEach(async () => await world.reset());

	const tls = (changes: object): Partial<MeshClientOptions> => ({ tls: { ...world.options().tls, ...changes } });

	test('a client certificate of another authority is refused by the server, and said to be', async () => {
		const { certificate, privateKey } = world.sandbox.certificates.strangerClient;
		const error = await failureOf(world.client('X26ABC1', tls({ clientCertificate: certificate, privateKey })).handshake());
		expect(error).toMatchObject({ code: 'MESH_TLS', networkCode: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', temporary: false });
		expect(error.hint).toMatch(/refused our client certificate/);
		expect(world.pauses).toEqual([]);
	});

	test('no client certificate where one is demanded is said to be the reason', async () => {
		const error = await failureOf(world.client('X26ABC1', { tls: { caCertificates: world.sandbox.certificates.ca } }).handshake());
		expect(error).toMatchObject({ code: 'MESH_TLS', networkCode: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' });
	});

	test('a message that is refused in TLS was surely not sent', async () => {
		const { certificate, privateKey } = world.sandbox.certificates.strangerClient;
		const client = world.client('X26ABC1', tls({ clientCertificate: certificate, privateKey }));
		const error = await failureOf(
			client.send({ to: 'X26ABC2', workflowId: 'WF', source: bufferSource(Buffer.alloc(300_000)) }, { compression: 'never' }),
		);
		expect(error).toMatchObject({ code: 'MESH_TLS', ambiguous: false });
	});

	test('without the NHS authorities the server is not trusted, and the field to fill is named', async () => {
		const error = await failureOf(world.client('X26ABC1', tls({ caCertificates: undefined })).handshake());
		expect(error).toMatchObject({ code: 'MESH_TLS', temporary: false });
		expect(error.hint).toMatch(/CA Certificates/);
		expect(world.calls()).toEqual([]);
	});

	test('a PKCS#12 file does as well as PEM', async () => {
		const { clientPkcs12: pkcs12, clientPkcs12Passphrase: passphrase, ca } = world.sandbox.certificates;
		expect(await world.client('X26ABC1', { tls: { pkcs12, passphrase, caCertificates: ca } }).handshake()).toMatchObject({
			mailboxId: 'X26ABC1',
		});
	});

	test('PEM with lost line breaks does as well', async () => {
		const { clientCertificate = '', privateKey = '', caCertificates = '' } = world.options().tls;
		const flat = (pem: string) => pem.replace(/\n/g, ' ');
		const client = world.client(
			'X26ABC1',
			tls({ clientCertificate: flat(clientCertificate), privateKey: flat(privateKey), caCertificates: flat(caCertificates) }),
		);
		expect(await client.handshake()).toMatchObject({ mailboxId: 'X26ABC1' });
	});

	describe('a server that is not the one it should be', () => {
		const visit = async (
			make: (made: Awaited<ReturnType<typeof chainOfThree>>) => Promise<{ pem: string; key: string; maxVersion?: 'TLSv1.1' | 'TLSv1.2' }>,
		) => {
			const made = await chainOfThree();
			const { pem, key, maxVersion } = await make(made);
			const server = createHttps(
				{ cert: pem + made.authority.pem, key, ...(maxVersion ? { minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' } : {}) },
				(_request, response) => response.end(),
			);
			await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
			const client = new MeshClient({
				baseUrl: `https://localhost:${(server.address() as AddressInfo).port}`,
				mailboxId: 'X26ABC1',
				mailboxPassword: 'p',
				sharedKey: 'k',
				retry: { attempts: 1 },
				tls: { clientCertificate: made.ec.pem, privateKey: pkcs8(made.ec.key), caCertificates: made.root.pem },
			});
			const outcome = await client.handshake().then(
				() => undefined,
				(error: unknown) => error,
			);
			await client.close();
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
			return outcome;
		};

		test('with a certificate for another host is not spoken to', async () => {
			const outcome = await visit(async ({ authority }) => {
				const other = await issue({ name: 'other.example', issuer: authority });
				return { pem: other.pem, key: pkcs8(other.key) };
			});
			expect(outcome).toMatchObject({ code: 'MESH_TLS', networkCode: 'ERR_TLS_CERT_ALTNAME_INVALID' });
		});

		test('with an expired certificate is not spoken to', async () => {
			const outcome = await visit(async ({ authority }) => {
				const old = await issue({ name: 'localhost', issuer: authority, from: -20, to: -10 });
				return { pem: old.pem, key: pkcs8(old.key) };
			});
			expect(outcome).toMatchObject({ code: 'MESH_TLS', networkCode: 'CERT_HAS_EXPIRED' });
		});

		test('with a certificate for clients only is not spoken to, and that does not pass', async () => {
			const outcome = await visit(async ({ authority }) => {
				const forClients = await issue({ name: 'localhost', issuer: authority, usages: ['1.3.6.1.5.5.7.3.2'] });
				return { pem: forClients.pem, key: pkcs8(forClients.key) };
			});
			expect(outcome).toMatchObject({ code: 'MESH_TLS', networkCode: 'INVALID_PURPOSE', temporary: false });
		});

		test('with more authorities than the one above allows is not spoken to, and that does not pass', async () => {
			const outcome = await visit(async ({ authority }) => {
				const last = await issue({ name: 'No authorities below', issuer: authority, isAuthority: true, pathLength: 0 });
				const tooMany = await issue({ name: 'One too many', issuer: last, isAuthority: true });
				const leaf = await issue({ name: 'localhost', issuer: tooMany });
				return { pem: leaf.pem + tooMany.pem + last.pem, key: pkcs8(leaf.key) };
			});
			expect(outcome).toMatchObject({ code: 'MESH_TLS', networkCode: 'PATH_LENGTH_EXCEEDED', temporary: false });
		});

		test('with TLS 1.1 is not spoken to', async () => {
			const outcome = await visit(async ({ authority }) => {
				const right = await issue({ name: 'localhost', issuer: authority });
				return { pem: right.pem, key: pkcs8(right.key), maxVersion: 'TLSv1.1' };
			});
			expect(outcome).toMatchObject({ code: 'MESH_TLS', temporary: false });
		});

		test('is spoken to when all is right, also over TLS 1.2', async () => {
			const outcome = await visit(async ({ authority }) => {
				const right = await issue({ name: 'localhost', issuer: authority });
				return { pem: right.pem, key: pkcs8(right.key), maxVersion: 'TLSv1.2' };
			});
			expect(outcome).toBeUndefined();
		});
	});

	describe('what is wrong with a credential is told before any request', () => {
		test.each<[string, Partial<MeshClientOptions>, string]>([
			['no URL', { baseUrl: 'msg' }, 'baseUrl'],
			['another scheme', { baseUrl: 'ftp://localhost' }, 'baseUrl'],
			['a user name in the URL', { baseUrl: 'https://me:secret@localhost' }, 'baseUrl'],
			['a path in the URL', { baseUrl: 'https://localhost/mesh' }, 'baseUrl'],
			['a query in the URL', { baseUrl: 'https://localhost?a' }, 'baseUrl'],
			['no mailbox', { mailboxId: ' ' }, 'mailboxId'],
			['a mailbox with a colon', { mailboxId: 'A:B' }, 'mailboxId'],
			['a mailbox that is a step in a path', { mailboxId: '..' }, 'mailboxId'],
			['no password', { mailboxPassword: '' }, 'mailboxPassword'],
			['a password with a line break', { mailboxPassword: 'secret\n' }, 'mailboxPassword'],
			['no shared key', { sharedKey: '' }, 'sharedKey'],
			['a key of another certificate', { tls: {} }, 'privateKey'],
		])('%s', async (_what, changes, parameter) => {
			const { certificate } = world.sandbox.certificates.client;
			const { privateKey } = world.sandbox.certificates.strangerClient;
			const options = parameter === 'privateKey' ? { tls: { clientCertificate: certificate, privateKey } } : changes;
			const error = await failureOf((async () => world.client('X26ABC1', options))());
			expect(error).toMatchObject({ code: 'MESH_INVALID_CREDENTIAL', parameter });
			expect(`${error.message} ${error.hint}`).not.toContain('secret');
		});

		test('a slash at the end of the URL, and the root path of MESH, are not wrong', async () => {
			for (const end of ['/', '//', '/messageexchange', '/messageexchange/']) {
				expect(await world.client('X26ABC1', { baseUrl: world.sandbox.url + end }).handshake()).toMatchObject({ mailboxId: 'X26ABC1' });
			}
		});
	});
});

describe('the client that a credential has', () => {
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
});

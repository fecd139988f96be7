import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, open, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeSharedClients, sharedClient } from '../../nodes/Mesh/client';
import type { MeshClientOptions } from '../../nodes/Mesh/client';
import { createCertificates, startSandbox } from '../../sandbox';
import type { CertificateSet } from '../../sandbox';
import { CERTIFICATE_FILES, certificatesIn } from '../../sandbox/cli/certificateFolder';
import { chainOfThree, issue, pkcs8 } from '../client/certificates/fixtures';
import { bytesOf, startWorld } from '../client/world';
import { startEchoServer } from './support/echoServer';
import type { EchoServer } from './support/echoServer';

describe('the client and the nodes', () => {
	let certificates: CertificateSet;
	let server: EchoServer;
	let credentials: MeshClientOptions[];

	beforeAll(async () => {
		const { authority, root } = await chainOfThree();
		const [first, second, host] = await Promise.all(
			['X26ABC1', 'X26ABC1', 'localhost'].map(async (name) => await issue({ name, issuer: authority })),
		);
		certificates = {
			...(await createCertificates()),
			ca: root.pem + authority.pem,
			server: { certificate: host.pem + authority.pem, privateKey: pkcs8(host.key) },
		};
		server = await startEchoServer(certificates);
		server.answer = ({ method }, response) =>
			response.writeHead(200, { 'mex-messageid': 'ID1' }).end(method === 'GET' ? '{"count":1,"messages":["ID1"]}' : undefined);
		const base: MeshClientOptions = {
			baseUrl: server.url,
			mailboxId: 'X26ABC1',
			mailboxPassword: 'password',
			sharedKey: 'TestKey',
			runtime: { now: Date.now },
			tls: { clientCertificate: first.pem, privateKey: pkcs8(first.key), caCertificates: certificates.ca },
		};
		// Each differs from the first in one thing.
		credentials = [
			base,
			{ ...base, mailboxId: 'X26ABC2' },
			{ ...base, mailboxPassword: 'Password' },
			{ ...base, sharedKey: 'TestKey2' },
			{ ...base, tls: { ...base.tls, clientCertificate: second.pem, privateKey: pkcs8(second.key) } },
			{ ...base, tls: { ...base.tls, caCertificates: certificates.ca + root.pem } },
			{ ...base, tls: { ...base.tls, ignoreSslIssues: true } },
		];
	});
	afterAll(async () => {
		await closeSharedClients();
		await server.close();
	});

	test('no connection ever carries two credentials, however 600 calls of seven of them mix', async () => {
		let state = 7;
		const pick = (count: number) => (state = (state * 48_271) % 2_147_483_647) % count;
		const mine = new Map<string, number>();
		await Promise.all(
			Array.from({ length: 600 }, async () => {
				const which = pick(credentials.length);
				const client = sharedClient({ ...credentials[which], clientVersion: `credential-${which}` });
				const call = pick(3);
				if (call === 0) await client.countMessages();
				else if (call === 1) await client.acknowledge('ID1');
				else await bytesOf((await client.download('ID1')).body);
			}),
		);
		const used = new Map<object, Set<string>>();
		for (const { socket, clientFingerprint, headers } of server.seen) {
			const who = `${headers['user-agent']} ${clientFingerprint}`;
			used.set(socket, (used.get(socket) ?? new Set()).add(who));
			mine.set(who, (mine.get(who) ?? 0) + 1);
		}
		expect([...used.values()].filter((users) => users.size !== 1)).toEqual([]);
		expect(server.seen).toHaveLength(600);
		expect(mine.size).toBe(7);
		// Connections are shared within a credential, or this would prove nothing.
		expect(used.size).toBeLessThanOrEqual(7 * 8);
	});

	test('no TLS session of one credential is resumed by another, since it would carry the certificate of the first', async () => {
		await closeSharedClients();
		const world = await startWorld();
		const { certificates: made } = world.sandbox;
		const before = world.sandbox.connections.resumed;
		for (const password of ['password', 'Password', 'PASSWORD']) {
			const options = world.options('X26ABC1', {
				mailboxPassword: password,
				retry: { attempts: 1 },
				tls: { clientCertificate: made.client.certificate, privateKey: made.client.privateKey, caCertificates: made.ca },
			});
			await sharedClient(options)
				.countMessages()
				.catch(() => 0);
		}
		expect(world.sandbox.connections.accepted).toBeGreaterThanOrEqual(3);
		expect(world.sandbox.connections.resumed).toBe(before);
		await closeSharedClients();
		await world.close();
	});

	test('the connections of a credential that nobody uses any more are closed', async () => {
		await closeSharedClients();
		jest.useFakeTimers({
			doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'performance', 'Date', 'hrtime', 'setInterval', 'clearInterval'],
		});
		const client = sharedClient(credentials[0]);
		// undici closes idle connections too: the client itself is to let go of its keys.
		const close = jest.spyOn(client, 'close');
		await client.countMessages();
		expect(server.open()).toBe(1);
		jest.advanceTimersByTime(16 * 60_000);
		jest.useRealTimers();
		expect(close).toHaveBeenCalledTimes(1);
		while (server.open() > 0) await new Promise(setImmediate);
		expect(sharedClient(credentials[0])).not.toBe(client);
	});

	test('a client does not hand its secrets to whoever looks at it', () => {
		const { privateKey } = generateKeyPairSync('ec', {
			namedCurve: 'P-256',
			privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
			publicKeyEncoding: { type: 'spki', format: 'pem' },
		});
		const client = sharedClient({ ...credentials[0], mailboxPassword: 'canary-password', sharedKey: 'canary-key' });
		const shown = `${JSON.stringify(client)} ${Object.keys(client).join()} ${String(Object.getOwnPropertyDescriptors(client))}`;
		expect(shown).not.toMatch(/canary|PRIVATE/);
		expect(privateKey).toMatch(/PRIVATE/);
	});
});

describe('the sandbox', () => {
	/** What becomes of a plain TCP connection. */
	const knock = async (host: string, port: number) =>
		await new Promise<string>((resolve) => {
			const socket = connect({ host, port });
			const end = (outcome: string) => {
				socket.destroy();
				resolve(outcome);
			};
			socket.setTimeout(2_000, () => end('no answer'));
			socket.once('connect', () => end('connected'));
			socket.once('error', () => end('refused'));
		});

	test('the sandbox and its page listen on the loopback address alone, so that no other machine reaches them', async () => {
		const sandbox = await startSandbox({ pagePort: 0 });
		const ports = [sandbox.port, Number(new URL(sandbox.pageUrl ?? '').port)];
		const outside = Object.values(networkInterfaces())
			.flat()
			.filter((address) => address && !address.internal && address.family === 'IPv4')
			.map((address) => address?.address ?? '');
		for (const port of ports) {
			expect(await knock('127.0.0.1', port)).toBe('connected');
			for (const address of outside) expect(await knock(address, port)).not.toBe('connected');
		}
		await sandbox.close();
		for (const port of ports) expect(await knock('127.0.0.1', port)).toBe('refused');
	});

	test('keys are new each time they are made, so that none can be known beforehand', async () => {
		const [one, two] = await Promise.all([createCertificates(), createCertificates()]);
		const all = [one, two].flatMap(({ ca, server, client, strangerClient }) => [
			ca,
			server.privateKey,
			client.privateKey,
			strangerClient.privateKey,
			client.certificate,
		]);
		expect(new Set(all).size).toBe(all.length);
	});

	const KEYS = [CERTIFICATE_FILES.serverKey, CERTIFICATE_FILES.clientKey, CERTIFICATE_FILES.clientPkcs12];
	const modesOf = async (folder: string) =>
		await Promise.all(KEYS.map(async (file) => ((await stat(join(folder, file))).mode & 0o777).toString(8)));

	test('keys go into files of their own, not through links and not into files that are there, and stay for the owner alone', async () => {
		const folder = await mkdtemp(join(tmpdir(), 'mesh-walls-'));
		const elsewhere = join(folder, 'elsewhere');
		await chmod(folder, 0o777);
		await writeFile(elsewhere, 'mine');
		await symlink(elsewhere, join(folder, CERTIFICATE_FILES.clientKey));
		await writeFile(join(folder, CERTIFICATE_FILES.serverKey), 'old', { mode: 0o666 });
		const reader = await open(join(folder, CERTIFICATE_FILES.serverKey));
		const made = await certificatesIn(folder, 'X26ABC1');
		expect(await readFile(elsewhere, 'utf8')).toBe('mine');
		expect(await reader.readFile('utf8')).toBe('old');
		await reader.close();
		expect(await modesOf(folder)).toEqual(['600', '600', '600']);
		expect((await stat(folder)).mode & 0o777).toBe(0o700);
		// Loosened meanwhile, they are used again, and closed again.
		for (const file of KEYS) await chmod(join(folder, file), 0o644);
		expect((await certificatesIn(folder, 'X26ABC1')).client.privateKey).toBe(made.client.privateKey);
		expect(await modesOf(folder)).toEqual(['600', '600', '600']);
		expect((await readdir(folder)).sort()).toEqual([...Object.values(CERTIFICATE_FILES), 'elsewhere'].sort());
	});
});

import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { runInThisContext } from 'node:vm';
import { createCertificates } from '../../sandbox';
import type { CertificateSet } from '../../sandbox';
import { MeshClient, bufferSource, checkConnection } from '../../nodes/Mesh/client';
import type { MeshClientOptions } from '../../nodes/Mesh/client';
import { PROXY_VARIABLES } from '../../nodes/Mesh/client/http/proxy';
import { bytesOf, failureOf } from '../client/world';
import { startEchoServer } from './support/echoServer';
import type { EchoServer } from './support/echoServer';

let certificates: CertificateSet;
let server: EchoServer;
let elsewhere: EchoServer;
let client: MeshClient;

const make = (changes: Partial<MeshClientOptions> = {}) =>
	new MeshClient({
		baseUrl: server.url,
		mailboxId: 'X26ABC1',
		mailboxPassword: 'password',
		sharedKey: 'TestKey',
		tls: {
			clientCertificate: certificates.client.certificate,
			privateKey: certificates.client.privateKey,
			caCertificates: certificates.ca,
		},
		retry: { attempts: 1, settleDelaysMs: [0] },
		runtime: { sleep: async () => {} },
		...changes,
	});

beforeAll(async () => {
	certificates = await createCertificates();
	// Both trusted, both with the right name: nothing but the address tells them apart.
	[server, elsewhere] = await Promise.all([startEchoServer(certificates), startEchoServer(certificates)]);
	client = make();
});
afterAll(async () => {
	await client.close();
	await Promise.all([server.close(), elsewhere.close()]);
});
beforeEach(() => {
	server.seen.length = 0;
	elsewhere.seen.length = 0;
});

const source = bufferSource(Buffer.from('content'));
const CALLS: Array<[string, (client: MeshClient) => Promise<unknown>]> = [
	['handshake', async (one) => await one.handshake()],
	['count', async (one) => await one.countMessages()],
	[
		'list',
		async (one) => {
			for await (const page of one.listInbox()) if (page.messageIds.length > 1e6) return;
		},
	],
	['headers', async (one) => await one.getHeaders('ID1')],
	['download', async (one) => await bytesOf((await one.download('ID1')).body)],
	['acknowledge', async (one) => await one.acknowledge('ID1')],
	['track', async (one) => await one.track('ID1')],
	['track by local ID', async (one) => await one.trackByLocalId('mine')],
	['send', async (one) => await one.send({ to: 'X26ABC2', workflowId: 'W', source })],
	['look up', async (one) => await one.lookUpMailboxes('X26', 'W')],
	['search', async (one) => await one.searchByWorkflow('W')],
];

test.each(CALLS)('no redirect takes a token, a certificate or content to another host: %s', async (_name, call) => {
	for (const status of [301, 302, 303, 307, 308]) {
		for (const location of [
			`${elsewhere.url}/messageexchange/X26ABC1`,
			elsewhere.url.replace('https:', ''),
			'/messageexchange/X26ABC9',
			'javascript:1',
		]) {
			server.answer = (_seen, response) =>
				response
					.writeHead(status, {
						location,
						refresh: `0; url=${location}`,
						link: `<${location}>; rel=next`,
						'alt-svc': `h2="${new URL(elsewhere.url).host}"`,
					})
					.end();
			expect(await failureOf(call(client))).toMatchObject({ code: expect.stringMatching(/^MESH_(STATUS|SEND_OUTCOME_UNKNOWN)$/) });
		}
	}
	expect(server.seen.every(({ path }) => !path.includes('X26ABC9'))).toBe(true);
	expect(elsewhere.seen).toEqual([]);
	expect(elsewhere.open()).toBe(0);
});

test('a link to the next page that leads to another host, scheme, port, mailbox or call is refused and never asked for', async () => {
	const away = [
		elsewhere.url,
		`//${new URL(elsewhere.url).host}`,
		`${server.url.replace('https', 'http')}`,
		`https://user:word@localhost:1`,
		'https://localhost:1',
		'data:text/html,x',
		'file:///etc/passwd',
		'javascript:alert(1)',
		'/messageexchange/X26ABC9/inbox',
		'/messageexchange/X26ABC1/outbox',
		'/messageexchange/X26ABC1/inbox/../../X26ABC9/inbox',
		'/messageexchange/X26ABC1/inbox/ID1/status/acknowledged',
		'\\\\evil.example\\',
		'/%2e%2e/',
		5,
		{},
		[],
	];
	for (const next of away) {
		const link =
			typeof next === 'string' && next.includes('://')
				? `${next}/messageexchange/X26ABC1/inbox?continue_from=AAAA`
				: typeof next === 'string'
					? `${next}?continue_from=AAAA`
					: next;
		server.answer = (_seen, response) => response.end(JSON.stringify({ messages: ['ID1'], links: { next: link } }));
		const pages = [];
		for await (const page of client.listInbox()) pages.push(page);
		// What waits is delivered all the same; the page says what is wrong with its link.
		expect(pages).toEqual([{ messageIds: ['ID1'], hasMore: true, problem: expect.objectContaining({ code: 'MESH_PROTOCOL' }) }]);
	}
	expect(server.seen).toHaveLength(away.length);
	expect(elsewhere.seen).toEqual([]);
});

test('message IDs from a server are used on its host, in their place in the path, and nowhere else (300 cases)', async () => {
	const bad = [
		'../../X26ABC9/inbox/ID2',
		'../',
		'./',
		'%2e%2e',
		'ID1/status/acknowledged',
		'ID1?x=1',
		'ID1#x',
		'//evil.example/',
		'https://evil.example/',
		'ID1;x',
		'\\..\\',
		'{ID}',
		'~',
		'\'"<>',
	];
	// What is a step in the path for any parser of URLs, encoded or not, is no message ID.
	for (const id of ['.', '..']) {
		expect(await failureOf(client.acknowledge(id))).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter: 'messageId' });
		server.answer = (_seen, response) => response.end(JSON.stringify({ messages: [id] }));
		expect(await failureOf(client.listInbox().next())).toMatchObject({ code: 'MESH_PROTOCOL' });
	}
	server.seen.length = 0;
	let cases = 0;
	for (let turn = 0; turn < 300; turn++) {
		const id = `${bad[turn % bad.length]}${turn < bad.length ? '' : bad[(turn * 7 + 3) % bad.length]}`;
		server.answer = ({ method }, response) => response.writeHead(200, { 'mex-messageid': id }).end(method === 'PUT' ? '' : 'content');
		await bytesOf((await client.download(id)).body);
		await client.acknowledge(id);
		cases++;
	}
	expect(cases).toBe(300);
	for (const { path } of server.seen) {
		const parts = new URL(path, server.url).pathname.split('/');
		expect(parts.slice(0, 4)).toEqual(['', 'messageexchange', 'X26ABC1', 'inbox']);
		expect([5, 7]).toContain(parts.length);
		expect(path).not.toMatch(/[?#\\]/);
	}
});

describe('the certificate of the server is checked', () => {
	const name = 'NODE_TLS_REJECT_UNAUTHORIZED';
	// What Node's TLS looks at: a test of jest has a copy of the environment, which nothing but the test sees.
	const { env } = runInThisContext('process') as NodeJS.Process;
	const before = env[name];
	afterEach(() => {
		if (before === undefined) delete env[name];
		else env[name] = before;
	});

	test('although an environment variable of the whole process says that none should be', async () => {
		env[name] = '0';
		const careless = connect({
			host: '127.0.0.1',
			port: Number(new URL(server.url).port),
			cert: certificates.client.certificate,
			key: certificates.client.privateKey,
		});
		await once(careless, 'secureConnect'); // the variable has its effect
		careless.destroy();
		const other = await createCertificates();
		const wary = make({
			tls: { clientCertificate: certificates.client.certificate, privateKey: certificates.client.privateKey, caCertificates: other.ca },
		});
		for (const [, call] of CALLS) expect(await failureOf(call(wary))).toMatchObject({ code: 'MESH_TLS' });
		await wary.close();
		expect(server.seen).toEqual([]);
	});

	test('by its name too: an address that the certificate does not hold is not spoken to', async () => {
		const other = new URL(server.url);
		other.hostname = '127.0.0.2';
		const wary = make({ baseUrl: other.origin });
		// Nothing but Linux has the whole of 127/8 on its loopback; elsewhere the connection fails earlier.
		expect(await failureOf(wary.handshake())).toMatchObject({ code: expect.stringMatching(/^MESH_(TLS|NETWORK|TIMEOUT)$/) });
		await wary.close();
		expect(server.seen).toEqual([]);
	});
});

describe('the versions of TLS', () => {
	const [TLS_1_2, TLS_1_3] = [0x0303, 0x0304];
	const before = Object.fromEntries(PROXY_VARIABLES.map((name) => [name, process.env[name]]));

	beforeEach(() => PROXY_VARIABLES.forEach((name) => delete process.env[name]));
	afterAll(() => {
		for (const [name, value] of Object.entries(before)) {
			if (value === undefined) delete process.env[name];
			else process.env[name] = value;
		}
	});

	/** The versions that a ClientHello offers (RFC 8446, 4.1.2 and 4.2.1); it may come in several pieces. */
	function offeredVersions(hello: Buffer): number[] | undefined {
		if (hello.length < 5 || hello.length < 5 + hello.readUInt16BE(3)) return undefined;
		let at = 5 + 4 + 2 + 32;
		at += 1 + hello[at];
		at += 2 + hello.readUInt16BE(at);
		at += 1 + hello[at];
		const end = at + 2 + hello.readUInt16BE(at);
		for (at += 2; at < end; at += 4 + hello.readUInt16BE(at + 2)) {
			if (hello.readUInt16BE(at) !== 43) continue;
			const list = hello.subarray(at + 5, at + 5 + hello[at + 4]);
			return Array.from({ length: list.length / 2 }, (_, index) => list.readUInt16BE(index * 2)).sort();
		}
		return [hello.readUInt16BE(9)]; // without the extension, the field itself is the highest
	}

	/** What clients offer to a server that takes everything down and answers nothing; behind a proxy if it shall be one. */
	async function helloOf(call: (options: MeshClientOptions) => Promise<unknown>, asProxy = false): Promise<number[][]> {
		const offered: number[][] = [];
		const server = createServer((socket) => {
			let seen = Buffer.alloc(0);
			let isTunnel = !asProxy;
			socket.on('error', () => socket.destroy());
			socket.on('data', (piece) => {
				if (!isTunnel) {
					isTunnel = true;
					return void socket.write('HTTP/1.1 200 OK\r\n\r\n');
				}
				seen = Buffer.concat([seen, piece]);
				const versions = offeredVersions(seen);
				if (!versions) return;
				offered.push(versions);
				socket.destroy();
			});
		});
		await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
		const { port } = server.address() as AddressInfo;
		if (asProxy) process.env.HTTPS_PROXY = `http://127.0.0.1:${port}`;
		const { client, ca } = certificates;
		await call({
			baseUrl: asProxy ? 'https://mesh.example' : `https://localhost:${port}`,
			mailboxId: 'X26ABC1',
			mailboxPassword: 'password',
			sharedKey: 'TestKey',
			tls: { clientCertificate: client.certificate, privateKey: client.privateKey, caCertificates: ca },
			retry: { attempts: 1 },
		}).catch(() => undefined);
		await new Promise((closed) => server.close(closed));
		return offered;
	}

	const handshake = async (options: MeshClientOptions) => {
		const client = new MeshClient(options);
		await client.handshake().catch(() => undefined);
		await client.close();
	};

	test.each<[string, () => Promise<number[][]>]>([
		['a call', async () => await helloOf(handshake)],
		['a call behind a proxy', async () => await helloOf(handshake, true)],
		[
			'a call that does not check the server',
			async () => await helloOf(async (options) => await handshake({ ...options, tls: { ignoreSslIssues: true } })),
		],
		['the look at the server of Check Connection', async () => await helloOf(checkConnection)],
	])('%s offers TLS 1.2 and 1.3 and nothing older, whatever the server could do', async (_what, hello) => {
		const offered = await hello();
		expect(offered.length).toBeGreaterThan(0);
		for (const versions of offered) expect(versions).toEqual([TLS_1_2, TLS_1_3]);
	});
});

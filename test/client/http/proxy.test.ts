import { fork } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { type Socket, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type MeshClient, type MeshClientOptions, bufferSource } from '../../../nodes/Mesh/client';
import { PROXY_VARIABLES, proxyFor } from '../../../nodes/Mesh/client/http/proxy';
import { type Sandbox, startSandbox } from '../../../sandbox';
import { type ProxyMode, TestProxy } from '../../support/proxy';
import { type World, bytesOf, failureOf, startWorld } from '../world';
import { rawServer } from './rawServer';

let world: World;
let proxy: TestProxy;
beforeAll(async () => {
	world = await startWorld();
	proxy = await TestProxy.start();
});
beforeEach(async () => {
	proxy.reset();
	await world.reset();
});
afterAll(async () => {
	await world.close();
	await proxy.close();
});

const message = () => ({ to: 'X26ABC2', workflowId: 'TEST_WORKFLOW', source: bufferSource(Buffer.from('x')) });
const gone = async (from = proxy) => {
	while (from.openConnections > 0) await new Promise((resolve) => setImmediate(resolve));
};
let clients: MeshClient[] = [];
/** A client to which a proxy is named. */
function behind(address = proxy.url, changes: Partial<MeshClientOptions> = {}): MeshClient {
	const client = world.client('X26ABC1', { environment: { HTTPS_PROXY: address }, ...changes });
	clients.push(client);
	return client;
}
afterEach(async () => {
	await Promise.all(clients.map(async (client) => await client.close()));
	clients = [];
});

describe('which proxy leads to a server', () => {
	const mesh = 'https://msg.intspineservices.nhs.uk';

	test.each<[string, NodeJS.ProcessEnv, string | undefined]>([
		['nothing', {}, undefined],
		['a proxy for https', { HTTPS_PROXY: 'http://proxy:1' }, 'http://proxy:1'],
		['the same in small letters', { https_proxy: 'http://proxy:1', HTTPS_PROXY: 'http://other:1' }, 'http://proxy:1'],
		['a proxy for http only', { HTTP_PROXY: 'http://proxy:1' }, undefined],
		['a proxy for everything', { ALL_PROXY: 'http://proxy:1' }, 'http://proxy:1'],
		['a proxy without a scheme', { HTTPS_PROXY: 'proxy:1' }, 'http://proxy:1'],
		['an empty proxy', { HTTPS_PROXY: '' }, undefined],
		['an exception for the host', { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'a.b, MSG.intspineservices.nhs.uk' }, undefined],
		['an exception for the domain', { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: '.nhs.uk' }, undefined],
		['an exception with a star', { HTTPS_PROXY: 'http://proxy:1', no_proxy: '*.nhs.uk' }, undefined],
		['an exception for all', { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: '*' }, undefined],
		['an exception for the port', { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'msg.intspineservices.nhs.uk:443' }, undefined],
		['an exception for another port', { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'msg.intspineservices.nhs.uk:8443' }, 'http://proxy:1'],
		['an exception for the end of a name that is not a domain', { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'nhs.uk' }, 'http://proxy:1'],
	])('with %s in the environment, MESH is reached as n8n reaches other hosts', (_what, environment, expected) => {
		expect(proxyFor(mesh, environment)).toBe(expected);
	});

	test('a plain http server has the proxy for http', () => {
		expect(proxyFor('http://localhost:8700', { HTTPS_PROXY: 'http://a', http_proxy: 'http://b' })).toBe('http://b');
	});

	test('is read from the environment of the process, unless another one is given', async () => {
		const before = Object.fromEntries(PROXY_VARIABLES.map((name) => [name, process.env[name]]));
		for (const name of PROXY_VARIABLES) delete process.env[name];
		process.env.HTTPS_PROXY = proxy.url;
		try {
			const client = world.client();
			await client.handshake();
			await client.close();
			expect(proxy.tunnels).toEqual([`localhost:${world.sandbox.port}`]);
			await world.client('X26ABC1', { environment: {} }).handshake();
			expect(proxy.tunnels.length).toBe(1);
		} finally {
			delete process.env.HTTPS_PROXY;
			Object.assign(process.env, Object.fromEntries(Object.entries(before).filter(([, value]) => value !== undefined)));
		}
	});
});

test('a proxy is used, with our client certificate inside its tunnel', async () => {
	const client = behind();
	const { messageId } = await client.send(
		{ to: 'X26ABC1', workflowId: 'WF', source: bufferSource(Buffer.alloc(300_000, 'x')) },
		{ chunkSize: 100_000 },
	);
	expect((await bytesOf((await client.download(messageId)).body)).length).toBe(300_000);
	expect(new Set(proxy.tunnels)).toEqual(new Set([`localhost:${world.sandbox.port}`]));
});

test('a host that the environment excepts is reached directly', async () => {
	const client = behind(proxy.url, { environment: { https_proxy: proxy.url, NO_PROXY: 'other.example,localhost' } });
	expect(await client.handshake()).toMatchObject({ mailboxId: 'X26ABC1' });
	expect(proxy.tunnels).toEqual([]);
});

test('a server behind a proxy is checked as any other: its authority, and its host name', async () => {
	const { ca, client: own, strangerClient } = world.sandbox.certificates;
	const pair = { clientCertificate: own.certificate, privateKey: own.privateKey };
	const stranger = await failureOf(behind(proxy.url, { tls: { ...pair, caCertificates: strangerClient.certificate } }).handshake());
	expect(stranger).toMatchObject({ code: 'MESH_TLS', temporary: false });
	expect(stranger.hint).toMatch(/CA Certificates/);
	// What this one leads to has no certificate for the name that was asked for.
	const elsewhere = await rawServer((socket) => {
		socket.removeAllListeners('data');
		const target = connect(world.sandbox.port, '127.0.0.1', () => {
			socket.write('HTTP/1.1 200 OK\r\n\r\n');
			target.pipe(socket).pipe(target);
		});
		target.on('error', () => socket.destroy());
	});
	const client = behind(elsewhere.url, { baseUrl: 'https://mesh.example', tls: { ...pair, caCertificates: ca } });
	expect(await failureOf(client.handshake())).toMatchObject({ code: 'MESH_TLS', networkCode: 'ERR_TLS_CERT_ALTNAME_INVALID' });
	expect(world.calls()).toEqual([]);
	await elsewhere.close();
});

/** The limit of a set-up passes at once, and no other. */
const hasty = (): Partial<MeshClientOptions> => ({
	timeouts: { connectMs: 12_345, responseMs: 60_000, stallMs: 60_000 },
	runtime: {
		...world.options().runtime,
		after(milliseconds, then) {
			if (milliseconds !== 12_345) return () => {};
			let stopped = false;
			void proxy.nextAsked().then(() => {
				if (!stopped) then();
			});
			return () => void (stopped = true);
		},
	},
});

test.each<[string, ProxyMode, string, string, number]>([
	['is silent', { kind: 'silent' }, 'MESH_TIMEOUT', 'MESH_PROXY_TIMEOUT', 4],
	['closes at CONNECT', { kind: 'close' }, 'MESH_NETWORK', 'MESH_PROXY_CLOSED', 4],
	['resets at CONNECT', { kind: 'reset' }, 'MESH_NETWORK', 'MESH_PROXY_CLOSED', 4],
	['refuses with a page', { kind: 'answer', status: 403 }, 'MESH_NETWORK', 'MESH_PROXY_STATUS_403', 1],
	['wants a password', { kind: 'answer', status: 407 }, 'MESH_NETWORK', 'MESH_PROXY_STATUS_407', 1],
	['cannot reach MESH', { kind: 'answer', status: 502 }, 'MESH_NETWORK', 'MESH_PROXY_STATUS_502', 4],
	['shows a page as if it were a tunnel', { kind: 'answer', status: 200 }, 'MESH_NETWORK', 'MESH_PROXY_PAGE', 1],
])(
	'a proxy that %s fails a send for sure, after so many connections and not one more',
	async (_what, mode, code, networkCode, connections) => {
		const client = behind(proxy.url, mode.kind === 'silent' ? hasty() : {});
		proxy.mode = mode;
		const error = await failureOf(client.send(message()));
		expect(error).toMatchObject({ code, networkCode, ambiguous: false, temporary: connections > 1 });
		await client.close();
		await gone();
		expect(proxy.connections).toBe(connections);
		expect(world.calls()).toEqual([]);
		proxy.reset();
		const patient = mode.kind === 'silent' ? behind() : client;
		expect((await patient.send(message())).messageId).toMatch(/^\w+$/);
		await patient.close();
		await gone();
	},
);

test.each<[string, ProxyMode]>([
	['is silent', { kind: 'silent' }],
	['works', { kind: 'work' }],
])('cancelling a call ends the set-up of its connection at a proxy that %s', async (_what, mode) => {
	proxy.mode = mode;
	const stop = new AbortController();
	const client = behind();
	const asked = proxy.nextAsked();
	const failure = failureOf(client.handshake({ signal: stop.signal }));
	await asked;
	stop.abort();
	expect(await failure).toMatchObject({ code: 'MESH_ABORTED', ambiguous: false });
	await client.close();
	await gone();
	expect(proxy.connections).toBe(1);
	expect(world.calls()).toEqual([]);
});

test('our certificate refused is the same error behind a proxy as without', async () => {
	const {
		strangerClient: { certificate, privateKey },
		ca,
	} = world.sandbox.certificates;
	const tls = { clientCertificate: certificate, privateKey, caCertificates: ca };
	const { code, networkCode, ambiguous, hint, message: text } = await failureOf(world.client('X26ABC1', { tls }).send(message()));
	expect(await failureOf(behind(proxy.url, { tls }).send(message()))).toMatchObject({ code, networkCode, ambiguous, hint, message: text });
	expect([code, ambiguous, networkCode]).toEqual(['MESH_TLS', false, 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA']);
});

test('connections through a proxy cost one full TLS handshake, also when many calls start at once', async () => {
	const earlier = { ...world.sandbox.connections };
	const client = behind();
	await Promise.all(Array.from({ length: 12 }, async () => await client.send(message())));
	const accepted = world.sandbox.connections.accepted - earlier.accepted;
	expect(accepted).toBeGreaterThan(1);
	expect(world.sandbox.connections.resumed - earlier.resumed).toBe(accepted - 1);
	await client.close();
});

test('a plain http server is asked for through the proxy by its whole address, with the user name of the proxy', async () => {
	const plain = await startSandbox({ tls: false });
	const http_proxy = proxy.url.replace('//', '//DOMAIN%5Cuser:pass%25word@');
	const client = world.client('X26ABC1', { baseUrl: plain.url, tls: {}, environment: { http_proxy } });
	expect((await client.send(message())).messageId).toMatch(/^\w+$/);
	expect([proxy.tunnels, proxy.plainRequests.length]).toEqual([[], 1]);
	expect(proxy.plainRequests[0]).toMatch(`${plain.url}/messageexchange/X26ABC1/outbox`);
	expect(Buffer.from(String(proxy.credentials[0]).slice(6), 'base64').toString()).toBe('DOMAIN\\user:pass%word');
	await client.close();
	await plain.close();
});

describe('a proxy that is itself spoken to over TLS', () => {
	let secure: TestProxy;
	beforeAll(async () => (secure = await TestProxy.start({ kind: 'work' }, world.sandbox.certificates.server)));
	beforeEach(() => secure.reset());
	afterAll(async () => await secure.close());

	test('is used when NODE_EXTRA_CA_CERTS names its authority', async () => {
		const folder = await mkdtemp(join(tmpdir(), 'mesh-proxy-'));
		const authority = join(folder, 'ca.pem');
		await writeFile(authority, world.sandbox.certificates.ca);
		// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- Node reads this variable when a process starts; none of this is published
		const child = fork(join(__dirname, 'tlsProxyChild.ts'), {
			execArgv: ['--import', 'tsx'],
			env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: authority, HTTPS_PROXY: secure.url },
		});
		child.send(world.options('X26ABC1', { runtime: undefined, logger: undefined }));
		expect((await once(child, 'message'))[0]).toEqual({ bytes: 300_000 });
		expect(new Set(secure.tunnels)).toEqual(new Set([`localhost:${world.sandbox.port}`]));
		child.disconnect();
		await once(child, 'exit');
		await rm(folder, { recursive: true });
	});

	test.each<[string, () => string, string, string]>([
		['whose certificate nobody here trusts', () => secure.url, 'MESH_TLS', 'MESH_PROXY_TLS'],
		['although it speaks none', () => proxy.url.replace('http:', 'https:'), 'MESH_TLS', 'MESH_PROXY_TLS'],
		['and is named as if it were not', () => secure.url.replace('https:', 'http:'), 'MESH_NETWORK', 'MESH_PROXY_CLOSED'],
	])('%s is refused by name, and it gets neither our credentials nor a word about MESH', async (_what, address, code, networkCode) => {
		const error = await failureOf(behind(address().replace('//', '//user:canary@')).send(message()));
		expect(error).toMatchObject({ code, networkCode, ambiguous: false });
		expect(error.hint).toMatch(/HTTPS_PROXY/);
		expect([secure.tunnels, secure.credentials, proxy.tunnels, world.calls()]).toEqual([[], [], [], []]);
		await gone(secure);
	});
});

describe('the user name and the password of a proxy', () => {
	const secret = "us%C3%A9r:canary%20p'ss";

	test.each([407, 502])('are in no error when it refuses with %d and gives them back', async (status) => {
		const given: string[] = [];
		const echo = await rawServer((socket, request) => {
			const token = /^proxy-authorization: (.*)$/im.exec(request)?.[1].trim() ?? '';
			given.push(token);
			socket.end(`HTTP/1.1 ${status} ${token}\r\nx-echo: ${token}\r\ncontent-length: ${token.length}\r\n\r\n${token}`);
		});
		const client = behind(echo.url.replace('//', `//${secret}@`), { retry: { attempts: 2 } });
		const errors = [await failureOf(client.handshake()), await failureOf(client.listInbox().next())];
		expect(given[0]).toMatch(/^Basic \w/);
		const shown = `${inspect(errors, { depth: 20, showHidden: true })} ${world.log.join()}`;
		expect(shown).toMatch(/the proxy (refused|wants)/);
		for (const part of ['canary', 'Basic', given[0].slice(6, 20)]) expect(shown).not.toContain(part);
		await echo.close();
	});

	test('are in no error when its address cannot be read', async () => {
		const error = await failureOf(behind(`http://${secret}@[nothing`).handshake());
		expect(`${inspect(error, { depth: 20, showHidden: true })} ${world.log.join()}`).not.toMatch(/canary/);
	});
});

test.each([
	'http://DOMAIN\\user:canary@proxy.example:8080',
	'http://user:100%canary@proxy.example:8080',
	'http://user:ca#nary@proxy.example:8080',
	'http://user:1/canary@proxy.example:8080',
	'http://[nothing',
])('a proxy address that cannot be meant, %s, is an error of the set-up and tells how to write it', async (address) => {
	const stop = new AbortController();
	const error = await failureOf(behind(address).handshake({ signal: stop.signal }));
	expect(error).toMatchObject({ code: 'MESH_NETWORK', networkCode: 'MESH_PROXY_ADDRESS', temporary: false, ambiguous: false });
	expect(error.hint).toMatch(/%25.*%5C/);
	expect(inspect(error)).not.toContain('canary');
	expect(world.pauses).toEqual([]);
	// A rejection that nobody waits for would end the process, and n8n with it; here it fails the test.
	expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
	stop.abort();
	await new Promise(setImmediate);
});

test('a SOCKS proxy is refused as such', async () => {
	const client = world.client('X26ABC1', { environment: { ALL_PROXY: 'socks5://proxy.example:1080' } });
	expect(await failureOf(client.handshake())).toMatchObject({ networkCode: 'MESH_PROXY_SCHEME', temporary: false });
});

describe('the proxy of these tests', () => {
	let sandbox: Sandbox;
	beforeAll(async () => (sandbox = await startSandbox({ tls: false })));
	afterAll(async () => await sandbox.close());

	/** What comes back on a connection to the proxy, until it ends. */
	async function said(first: string, then?: (socket: Socket, text: string) => void): Promise<string> {
		const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
		let text = '';
		socket.on('error', () => undefined);
		socket.on('data', (block) => {
			text += block.toString('latin1');
			then?.(socket, text);
		});
		socket.write(first);
		await new Promise((resolve) => socket.once('close', resolve));
		return text;
	}

	const CONNECT = () => `CONNECT localhost:${sandbox.port} HTTP/1.1\r\nhost: localhost\r\nproxy-authorization: Basic eA==\r\n\r\n`;
	const PING = 'GET /messageexchange/_ping HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';
	const pingThrough = () => {
		let asked = false;
		return said(CONNECT(), (socket) => {
			if (!asked) socket.write(PING);
			asked = true;
		});
	};

	test('a tunnel leads to its target, and is counted with its credentials', async () => {
		expect(await pingThrough()).toMatch(/^HTTP\/1.1 200 Connection established[^]*"status":"running"/);
		expect([proxy.connections, proxy.tunnels, proxy.credentials]).toEqual([1, [`localhost:${sandbox.port}`], ['Basic eA==']]);
	});

	test('a plain request is passed on', async () => {
		const sent = request({
			host: '127.0.0.1',
			port: new URL(proxy.url).port,
			path: `${sandbox.url}/messageexchange/_ping`,
			agent: false,
		}).end();
		const [answer] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
		answer.resume();
		expect([answer.statusCode, proxy.plainRequests]).toEqual([200, [`${sandbox.url}/messageexchange/_ping`]]);
	});

	test.each<[string, ProxyMode, RegExp]>([
		['closes', { kind: 'close' }, /^$/],
		['resets', { kind: 'reset' }, /^$/],
		['answers 403 with a page', { kind: 'answer', status: 403 }, /^HTTP\/1.1 403 [^]*<html>/],
		[
			'answers 407 as told',
			{ kind: 'answer', status: 407, headers: { 'proxy-authenticate': 'Basic' }, body: 'no' },
			/^HTTP\/1.1 407 [^]*proxy-authenticate: Basic[^]*no$/,
		],
	])('one that %s does so at CONNECT and at a plain request', async (_name, mode, expected) => {
		proxy.mode = mode;
		expect(await said(CONNECT())).toMatch(expected);
		expect(await said(`GET ${sandbox.url}/x HTTP/1.1\r\nhost: localhost\r\n\r\n`)).toMatch(expected);
		expect(proxy.connections).toBe(2);
	});

	test('a silent one says nothing until the client goes, and tells when it has been asked', async () => {
		proxy.mode = { kind: 'silent' };
		const asked = proxy.nextAsked();
		const socket = connect(Number(new URL(proxy.url).port), '127.0.0.1');
		socket.write(CONNECT());
		await asked;
		expect([socket.bytesRead, proxy.openConnections]).toEqual([0, 1]);
		socket.destroy();
		while (proxy.openConnections > 0) await new Promise((resolve) => setImmediate(resolve));
	});

	test('one that drops a tunnel does so after so many bytes', async () => {
		proxy.mode = { kind: 'dropAfter', bytes: 1 };
		expect(await pingThrough()).not.toContain('running"');
		expect(proxy.tunnels.length).toBe(1);
	});

	test('one whose target is not there says so', async () => {
		expect(await said('CONNECT localhost:1 HTTP/1.1\r\nhost: localhost\r\n\r\n')).toMatch(/^HTTP\/1.1 502 /);
	});
});

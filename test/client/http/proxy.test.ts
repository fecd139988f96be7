import { getEventListeners } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { bufferSource } from '../../../nodes/Mesh/client';
import { PROXY_VARIABLES } from '../../../nodes/Mesh/client/http/proxy';
import { bytesOf, failureOf, startWorld } from '../world';
import type { World } from '../world';

let world: World;
let proxy: Server;
let tunnels: string[] = [];
let refuse: number | undefined;
const names = PROXY_VARIABLES;
const before = Object.fromEntries(names.map((name) => [name, process.env[name]]));

beforeAll(async () => {
	world = await startWorld();
	proxy = createServer((_request, response) => response.writeHead(405).end());
	proxy.on('connect', ({ url = '' }, socket) => {
		tunnels.push(url);
		if (refuse) return void socket.end(`HTTP/1.1 ${refuse} No\r\ncontent-length: 0\r\n\r\n`);
		const [host, port] = url.split(':');
		const target = connect(Number(port), host, () => {
			socket.write('HTTP/1.1 200 OK\r\n\r\n');
			target.pipe(socket).pipe(target);
		});
		target.on('error', () => socket.destroy());
		socket.on('error', () => target.destroy());
	});
	await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
});
beforeEach(async () => {
	tunnels = [];
	refuse = undefined;
	for (const name of names) delete process.env[name];
	await world.reset();
});
afterAll(async () => {
	for (const [name, value] of Object.entries(before)) {
		if (value === undefined) delete process.env[name];
		else process.env[name] = value;
	}
	await world.close();
	proxy.closeAllConnections();
	await new Promise((resolve) => proxy.close(resolve));
});

const proxyUrl = () => `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

test('a proxy of the environment is used, with our client certificate inside its tunnel', async () => {
	process.env.HTTPS_PROXY = proxyUrl();
	const client = world.client();
	const { messageId } = await client.send(
		{ to: 'X26ABC1', workflowId: 'WF', source: bufferSource(Buffer.alloc(300_000, 'x')) },
		{ chunkSize: 100_000 },
	);
	expect((await bytesOf((await client.download(messageId)).body)).length).toBe(300_000);
	expect(tunnels.length).toBeGreaterThanOrEqual(1);
	expect(new Set(tunnels)).toEqual(new Set([`localhost:${world.sandbox.port}`]));
});

test('a host that the environment excepts is reached directly', async () => {
	process.env.https_proxy = proxyUrl();
	process.env.NO_PROXY = 'other.example,localhost';
	expect(await world.client().handshake()).toMatchObject({ mailboxId: 'X26ABC1' });
	expect(tunnels).toEqual([]);
});

test.each([407, 403, 502])('a proxy that refuses with %d is named, and nothing was sent', async (status) => {
	refuse = status;
	process.env.HTTPS_PROXY = proxyUrl();
	const error = await failureOf(
		world.client('X26ABC1', { retry: { attempts: 1 } }).send({ to: 'X26ABC1', workflowId: 'WF', source: bufferSource(Buffer.from('x')) }),
	);
	expect(error).toMatchObject({
		code: 'MESH_NETWORK',
		networkCode: `MESH_PROXY_STATUS_${status}`,
		temporary: status === 502,
		ambiguous: false,
	});
	expect(error.message).toMatch(/the proxy (refused|wants)/);
});

test('a proxy that is no address is named', async () => {
	process.env.HTTPS_PROXY = 'http://[nothing';
	const error = await failureOf(world.client('X26ABC1').handshake());
	expect(error).toMatchObject({ code: 'MESH_NETWORK', networkCode: 'MESH_PROXY_ADDRESS', temporary: false });
	expect(world.pauses).toEqual([]);
});

test('a proxy that is no address does no harm when the call is cancelled afterwards: nothing is left to fail', async () => {
	process.env.HTTPS_PROXY = 'http://[nothing';
	const stop = new AbortController();
	expect(await failureOf(world.client('X26ABC1').handshake({ signal: stop.signal }))).toMatchObject({ networkCode: 'MESH_PROXY_ADDRESS' });
	expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
	// A rejection that nobody waits for would end the process, and n8n with it; here it fails the test.
	stop.abort();
	await new Promise(setImmediate);
});

test('a server behind a proxy is checked as any other: its authority, and its host name', async () => {
	process.env.HTTPS_PROXY = proxyUrl();
	const { ca, client: own, strangerClient } = world.sandbox.certificates;
	const stranger = await failureOf(
		world
			.client('X26ABC1', {
				tls: { clientCertificate: own.certificate, privateKey: own.privateKey, caCertificates: strangerClient.certificate },
			})
			.handshake(),
	);
	expect(stranger).toMatchObject({ code: 'MESH_TLS', temporary: false });
	expect(stranger.hint).toMatch(/CA Certificates/);
	// A proxy that leads elsewhere: what it leads to has no certificate for the name that was asked for.
	proxy.removeAllListeners('connect');
	proxy.on('connect', (_request, socket) => {
		const target = connect(world.sandbox.port, '127.0.0.1', () => {
			socket.write('HTTP/1.1 200 OK\r\n\r\n');
			target.pipe(socket).pipe(target);
		});
		socket.on('error', () => target.destroy());
	});
	const elsewhere = world.client('X26ABC1', {
		baseUrl: 'https://mesh.example',
		tls: { clientCertificate: own.certificate, privateKey: own.privateKey, caCertificates: ca },
	});
	expect(await failureOf(elsewhere.handshake())).toMatchObject({ code: 'MESH_TLS', networkCode: 'ERR_TLS_CERT_ALTNAME_INVALID' });
	expect(world.calls()).toEqual([]);
});

describe('the user name and the password of a proxy', () => {
	const secret = "us%C3%A9r:canary%20p'ss";

	test.each([407, 502])('are in no error when it refuses with %d and gives them back', async (status) => {
		proxy.removeAllListeners('connect');
		const given: string[] = [];
		proxy.on('connect', ({ headers }, socket) => {
			const token = String(headers['proxy-authorization']);
			given.push(token);
			socket.end(`HTTP/1.1 ${status} ${token}\r\nx-echo: ${token}\r\ncontent-length: ${token.length}\r\n\r\n${token}`);
		});
		process.env.HTTPS_PROXY = proxyUrl().replace('//', `//${secret}@`);
		const client = world.client('X26ABC1', { retry: { attempts: 2 } });
		const errors = [await failureOf(client.handshake()), await failureOf(client.listInbox().next())];
		expect(given[0]).toMatch(/^Basic \w/);
		const shown = `${inspect(errors, { depth: 20, showHidden: true })} ${world.log.join()}`;
		expect(shown).toMatch(/the proxy (refused|wants)/);
		for (const part of ['canary', 'Basic', given[0].slice(6, 20)]) expect(shown).not.toContain(part);
	});

	test('are in no error when its address cannot be read', async () => {
		process.env.HTTPS_PROXY = `http://${secret}@[nothing`;
		const error = await failureOf(world.client('X26ABC1').handshake());
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
	process.env.HTTPS_PROXY = address;
	const error = await failureOf(world.client('X26ABC1').handshake());
	expect(error).toMatchObject({ code: 'MESH_NETWORK', networkCode: 'MESH_PROXY_ADDRESS', temporary: false, ambiguous: false });
	expect(error.hint).toMatch(/%25.*%5C/);
	expect(inspect(error)).not.toContain('canary');
	expect(world.pauses).toEqual([]);
});

test('a SOCKS proxy is refused as such', async () => {
	process.env.ALL_PROXY = 'socks5://proxy.example:1080';
	expect(await failureOf(world.client('X26ABC1').handshake())).toMatchObject({ networkCode: 'MESH_PROXY_SCHEME', temporary: false });
});

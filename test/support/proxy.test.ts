import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { startSandbox, type Sandbox } from '../../sandbox';
import { TestProxy, type ProxyMode } from './proxy';

let sandbox: Sandbox;
let proxy: TestProxy;
beforeAll(async () => {
	sandbox = await startSandbox({ tls: false });
	proxy = await TestProxy.start();
});
afterEach(() => proxy.reset());
afterAll(async () => {
	await proxy.close();
	await sandbox.close();
});

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

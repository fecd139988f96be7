import { startSandbox } from '../../../sandbox';
import { bufferSource } from '../../../nodes/Mesh/client';
import type { MeshClientOptions } from '../../../nodes/Mesh/client';
import { PROXY_VARIABLES } from '../../../nodes/Mesh/client/http/proxy';
import { TestProxy } from '../../support/proxy';
import type { ProxyMode } from '../../support/proxy';
import { failureOf, startWorld } from '../world';
import type { World } from '../world';

let world: World;
let proxy: TestProxy;
const before = Object.fromEntries(PROXY_VARIABLES.map((name) => [name, process.env[name]]));
beforeAll(async () => {
	for (const name of PROXY_VARIABLES) delete process.env[name];
	world = await startWorld();
	proxy = await TestProxy.start();
	process.env.https_proxy = process.env.http_proxy = proxy.url;
});
beforeEach(async () => {
	proxy.reset();
	await world.reset();
});
afterAll(async () => {
	for (const name of PROXY_VARIABLES) delete process.env[name];
	Object.assign(process.env, Object.fromEntries(Object.entries(before).filter(([, value]) => value !== undefined)));
	await world.close();
	await proxy.close();
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
const gone = async () => {
	while (proxy.openConnections > 0) await new Promise((resolve) => setImmediate(resolve));
};
const message = () => ({ to: 'X26ABC2', workflowId: 'TEST_WORKFLOW', source: bufferSource(Buffer.from('x')) });

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
		const client = world.client('X26ABC1', mode.kind === 'silent' ? hasty() : {});
		proxy.mode = mode;
		const error = await failureOf(client.send(message()));
		expect(error).toMatchObject({ code, networkCode, ambiguous: false, temporary: connections > 1 });
		await client.close();
		await gone();
		expect(proxy.connections).toBe(connections);
		expect(world.calls()).toEqual([]);
		proxy.reset();
		const patient = mode.kind === 'silent' ? world.client('X26ABC1') : client;
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
	const client = world.client('X26ABC1');
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
	const sent = async () =>
		await failureOf(world.client('X26ABC1', { tls: { clientCertificate: certificate, privateKey, caCertificates: ca } }).send(message()));
	const behind = await sent();
	process.env.no_proxy = 'localhost';
	const { code, networkCode, ambiguous, hint, message: text } = await sent();
	delete process.env.no_proxy;
	expect(behind).toMatchObject({ code, networkCode, ambiguous, hint, message: text });
	expect([code, ambiguous, networkCode]).toEqual(['MESH_TLS', false, 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA']);
});

test('connections through a proxy cost one full TLS handshake, also when many calls start at once', async () => {
	const earlier = { ...world.sandbox.connections };
	const client = world.client('X26ABC1');
	await Promise.all(Array.from({ length: 12 }, async () => await client.send(message())));
	const accepted = world.sandbox.connections.accepted - earlier.accepted;
	expect(accepted).toBeGreaterThan(1);
	expect(world.sandbox.connections.resumed - earlier.resumed).toBe(accepted - 1);
	await client.close();
});

test('a plain http server is asked for through the proxy by its whole address, with the user name of the proxy', async () => {
	const plain = await startSandbox({ tls: false });
	process.env.http_proxy = proxy.url.replace('//', '//DOMAIN%5Cuser:pass%25word@');
	const client = world.client('X26ABC1', { baseUrl: plain.url, tls: {} });
	expect((await client.send(message())).messageId).toMatch(/^\w+$/);
	expect([proxy.tunnels, proxy.plainRequests.length]).toEqual([[], 1]);
	expect(proxy.plainRequests[0]).toMatch(`${plain.url}/messageexchange/X26ABC1/outbox`);
	expect(Buffer.from(String(proxy.credentials[0]).slice(6), 'base64').toString()).toBe('DOMAIN\\user:pass%word');
	process.env.http_proxy = proxy.url;
	await client.close();
	await plain.close();
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { checkConnection } from '../../../nodes/Mesh/client';
import { startWorld, type World } from '../world';

let world: World;
beforeAll(async () => {
	world = await startWorld();
});
afterEach(async () => await world.reset());
afterAll(async () => await world.close());

/** A proxy that tunnels, as HTTPS_PROXY names one. */
async function startProxy(): Promise<{ server: Server; url: string; tunnels: () => number }> {
	let tunnels = 0;
	const server = createServer().on('connect', (request, socket) => {
		tunnels += 1;
		const [host, port] = (request.url ?? '').split(':');
		const upstream = connect(Number(port), host, () => {
			socket.write('HTTP/1.1 200 OK\r\n\r\n');
			upstream.pipe(socket).pipe(upstream);
		});
		for (const end of [upstream, socket]) end.on('error', () => [upstream, socket].forEach((each) => each.destroy()));
	});
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tunnels: () => tunnels };
}

describe('checkConnection', () => {
	test('leaves no connection open behind it, whatever came out', async () => {
		expect(await checkConnection(world.options())).toMatchObject({ reachable: true, approximateInboxCount: 0 });
		expect((await checkConnection(world.options('X26ABC1', { mailboxPassword: 'wrong' }))).failure?.step).toBe('handshake');
		while (world.sandbox.connections.open > 0) await new Promise(setImmediate);
	});

	test('over plain http there are no certificates to look at, and that is no failure', async () => {
		const plain = await startWorld({ tls: false });
		const report = await checkConnection(plain.options('X26ABC1', { tls: {} }));
		expect(report).toMatchObject({ reachable: true, approximateInboxCount: 0 });
		expect(report.failure).toBeUndefined();
		expect([report.tlsVersion, report.serverCertificate, report.clientCertificate]).toEqual([undefined, undefined, undefined]);
		await plain.close();
	});

	test('behind a proxy everything goes through it', async () => {
		const proxy = await startProxy();
		const before = process.env.https_proxy;
		process.env.https_proxy = proxy.url;
		try {
			const report = await checkConnection(world.options());
			expect(report).toMatchObject({ reachable: true, keyMatchesCertificate: true, approximateInboxCount: 0, tlsVersion: 'TLSv1.3' });
			expect(report.serverCertificate?.fingerprint).toMatch(/\w/);
			expect(proxy.tunnels()).toBeGreaterThan(0);
			expect(world.sandbox.connections.accepted).toBeGreaterThanOrEqual(proxy.tunnels());
		} finally {
			if (before === undefined) delete process.env.https_proxy;
			else process.env.https_proxy = before;
			proxy.server.closeAllConnections();
			await new Promise((closed) => proxy.server.close(closed));
		}
	});

	test('cancelling ends it with MESH_ABORTED and not with a finding', async () => {
		await expect(checkConnection(world.options(), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'MESH_ABORTED' });
		world.sandbox.arm({ call: 'list', fault: { kind: 'stall', where: 'beforeAnswer' } });
		const stop = new AbortController();
		const running = checkConnection(world.options(), { signal: stop.signal });
		const checked = expect(running).rejects.toMatchObject({ code: 'MESH_ABORTED' });
		while (!world.calls().includes('handshake')) await new Promise((resolve) => setTimeout(resolve, 5));
		stop.abort();
		await checked;
	});
});

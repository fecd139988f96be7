import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { checkConnection, MeshClient } from '../../nodes/Mesh/client';
import type { MeshClientOptions } from '../../nodes/Mesh/client';
import { PROXY_VARIABLES } from '../../nodes/Mesh/client/http/proxy';
import { createCertificates } from '../../sandbox';
import type { CertificateSet } from '../../sandbox';

const [TLS_1_2, TLS_1_3] = [0x0303, 0x0304];
const before = Object.fromEntries(PROXY_VARIABLES.map((name) => [name, process.env[name]]));

let certificates: CertificateSet;
beforeAll(async () => (certificates = await createCertificates()));
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

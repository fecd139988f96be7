import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { isMeshError, MeshClient } from '../../../nodes/Mesh/client';
import { bytesOf, failureOf } from '../world';
import { cases } from '../../support/cases';
import { http, rawServer } from './rawServer';
import type { RawServer } from './rawServer';

let server: RawServer;
let client: MeshClient;
let answer: (socket: Socket, request: string) => void;

beforeAll(async () => {
	server = await rawServer((socket, request) => answer(socket, request));
	client = new MeshClient({
		baseUrl: server.url,
		mailboxId: 'X26ABC1',
		mailboxPassword: 'password',
		sharedKey: 'TestKey',
		tls: {},
		timeouts: { connectMs: 1_000, responseMs: 300, stallMs: 300 },
		retry: { attempts: 2 },
		runtime: { sleep: async () => {} },
	});
});
afterAll(async () => {
	await client.close();
	await server.close();
});

const calls: Array<[string, () => Promise<unknown>]> = [
	['handshake', async () => await client.handshake()],
	['count', async () => await client.countMessages()],
	[
		'list',
		async () => {
			for await (const page of client.listInbox()) if (page.messageIds.length > 1e9) return;
		},
	],
	['headers', async () => await client.getHeaders('ID1')],
	['download', async () => await bytesOf((await client.download('ID1')).body)],
	['acknowledge', async () => await client.acknowledge('ID1')],
	['track', async () => await client.track('ID1')],
	['look up', async () => await client.lookUpMailboxes('X26', 'WF')],
];

describe('interim answers that nobody asked for', () => {
	const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
	const all: Array<[string, string]> = [
		['100', CONTINUE],
		['100 of HTTP/1.0 without a reason', 'HTTP/1.0 100\r\n\r\n'],
		['100 with headers', 'HTTP/1.1 100 Continue\r\nvia: a proxy\r\ncontent-length: 5\r\n\r\n'],
		['102', 'HTTP/1.1 102 Processing\r\n\r\n'],
		['103', 'HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n'],
		['one that has no name', 'HTTP/1.1 199 Something\r\n\r\n'],
		['all of them', `${CONTINUE}HTTP/1.1 102 X\r\n\r\n${CONTINUE}HTTP/1.1 103 Y\r\na: b\r\n\r\n`],
	];
	const body = '{"count":7}';
	const proper = http(200, { 'content-length': String(body.length) }, body);

	test.each(all)(
		'are ignored: %s, in one piece with the answer, before it, and byte by byte, twice on one connection',
		async (_name, interim) => {
			const begun = server.connections.length;
			for (const pieces of [[interim + proper], [interim, proper], [...`${interim}${proper}`]]) {
				answer = (socket) => {
					const next = () => {
						const piece = pieces[at++];
						if (piece !== undefined) socket.write(piece, 'latin1', () => setImmediate(next));
					};
					let at = 0;
					next();
				};
				expect(await client.countMessages()).toBe(7);
				expect(await client.countMessages()).toBe(7);
			}
			expect(server.connections.length - begun).toBeLessThanOrEqual(1);
		},
	);

	test('do not take anything away from content that looks like them, wherever it is cut', async () => {
		const content = Buffer.from(`${CONTINUE.repeat(3)}HTTP/1.1 103 Early Hints\r\n\r\n`);
		const whole = Buffer.concat([
			Buffer.from(CONTINUE),
			http(200, { 'content-length': String(content.length), 'mex-messageid': 'ID1' }, content),
		]);
		await fc.assert(
			fc.asyncProperty(fc.uniqueArray(fc.nat(whole.length), { maxLength: 6 }), async (cuts) => {
				const edges = [0, ...cuts.sort((a, b) => a - b), whole.length];
				answer = (socket) => {
					const next = (at: number) => {
						if (at < edges.length - 1) socket.write(whole.subarray(edges[at], edges[at + 1]), () => setImmediate(next, at + 1));
					};
					next(0);
				};
				expect((await bytesOf((await client.download('ID1')).body)).equals(content)).toBe(true);
			}),
			{ numRuns: cases(300) },
		);
	});

	test('that stop in the middle, or switch to something else, are a failure of the connection', async () => {
		answer = (socket) => socket.end('HTTP/1.1 100 Cont');
		expect(await failureOf(client.countMessages())).toMatchObject({ code: 'MESH_NETWORK' });
		answer = (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n');
		expect(await failureOf(client.countMessages())).toMatchObject({ code: 'MESH_NETWORK' });
	});
});

describe('an answer without end', () => {
	test('of JSON is left after a bounded amount', async () => {
		let sent = 0;
		const piece = Buffer.alloc(256 * 1024, ' ');
		answer = (socket) => {
			socket.write(http(200, { 'transfer-encoding': 'chunked' }));
			const more = () => {
				while (!socket.destroyed && sent < 200e6) {
					sent += piece.length;
					if (!socket.write(Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')])))
						return void socket.once('drain', more);
				}
			};
			more();
		};
		// Patient, since it is the amount that must end it, however slow the machine.
		const patient = new MeshClient({
			baseUrl: server.url,
			mailboxId: 'X26ABC1',
			mailboxPassword: 'password',
			sharedKey: 'TestKey',
			tls: {},
			retry: { attempts: 2 },
			runtime: { sleep: async () => {} },
		});
		expect(await failureOf(patient.countMessages())).toMatchObject({ code: 'MESH_PROTOCOL' });
		expect(sent).toBeLessThan(100e6);
		await patient.close();
	});

	test('of headers is left', async () => {
		answer = (socket) => {
			socket.write('HTTP/1.1 200 OK\r\n');
			for (let at = 0; at < 2_000; at++) socket.write(`mex-header-${at}: ${'x'.repeat(100)}\r\n`);
		};
		expect(await failureOf(client.handshake())).toMatchObject({ code: 'MESH_PROTOCOL', networkCode: 'UND_ERR_HEADERS_OVERFLOW' });
	});

	test('of interim answers is left', async () => {
		answer = (socket) => {
			const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write('HTTP/1.1 103 Early Hints\r\n\r\n')), 10);
			socket.on('close', () => clearInterval(timer));
		};
		expect(await failureOf(client.handshake())).toMatchObject({ code: 'MESH_TIMEOUT' });
	});

	test('of an error is left after what is worth reading, with its status', async () => {
		answer = (socket) => socket.write(http(404, { 'content-length': '900000000' }, '{"detail":"'.padEnd(100_000, 'x')));
		expect(await failureOf(client.countMessages())).toMatchObject({ code: 'MESH_PROTOCOL', httpStatus: 404 });
	});
});

test.each(calls)('what does not answer is given up: %s', async (_name, call) => {
	answer = () => {};
	expect(await failureOf(call())).toMatchObject({ code: 'MESH_TIMEOUT', temporary: true });
});

test('what stops in the middle is given up', async () => {
	answer = (socket) => socket.write(http(200, { 'content-length': '1000' }, '{"count":'));
	expect(await failureOf(client.countMessages())).toMatchObject({ code: 'MESH_TIMEOUT' });
});

test('what is not HTTP at all is told apart from MESH', async () => {
	answer = (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n');
	expect(await failureOf(client.handshake())).toMatchObject({ code: 'MESH_PROTOCOL' });
});

test('a name that leads to nobody, and a port where nobody listens, are told as such', async () => {
	const options = { mailboxId: 'X26ABC1', mailboxPassword: 'p', sharedKey: 'k', tls: {}, retry: { attempts: 1 } };
	const nobody = new MeshClient({ ...options, baseUrl: 'http://127.0.0.1:1' });
	expect(await failureOf(nobody.handshake())).toMatchObject({
		code: 'MESH_NETWORK',
		networkCode: 'ECONNREFUSED',
		ambiguous: false,
		temporary: true,
	});
	await nobody.close();
});

test('content that breaks gzip in any way never hangs, and ends in an error or in what was sent', async () => {
	const content = randomBytes(2_000);
	const packed = gzipSync(content);
	const damage = fc.record({ at: fc.nat(packed.length), cut: fc.nat(50), put: fc.uint8Array({ maxLength: 20 }) });
	await fc.assert(
		fc.asyncProperty(damage, async ({ at, cut, put }) => {
			const body = Buffer.concat([packed.subarray(0, at), put, packed.subarray(at + cut)]);
			answer = (socket) =>
				socket.write(http(200, { 'content-length': String(body.length), 'content-encoding': 'gzip', 'mex-messageid': 'ID1' }, body));
			const outcome = await client
				.download('ID1')
				.then(async (message) => await bytesOf(message.body))
				.catch((error: unknown) => error);
			// Bytes behind a complete gzip stream are no harm.
			expect(Buffer.isBuffer(outcome) ? outcome.equals(content) : isMeshError(outcome)).toBe(true);
		}),
		{ numRuns: cases(200) },
	);
});

test('any answer to any call ends in a result or in a MeshError', async () => {
	const json = fc.oneof(
		fc.json(),
		fc.string(),
		fc.constantFrom(
			'{"messages":["A"],"links":{"next":"/x"}}',
			'{"count":-1}',
			'{"results":[{}]}',
			'{"message_id":"A","status":"accepted"}',
		),
	);
	const header = fc.record(
		{
			'mex-chunk-range': fc.constantFrom('1:1', '1:2', '9:1', '0:0', 'x', '1:999999999'),
			'mex-messageid': fc.constantFrom('ID1', 'ID2', ''),
			'mex-messagetype': fc.constantFrom('DATA', 'REPORT', '?'),
			'content-encoding': fc.constantFrom('gzip', 'identity', 'br', ''),
			date: fc.constantFrom('Mon, 05 Jan 2026 12:00:30 GMT', 'yesterday'),
			'retry-after': fc.constantFrom('1', '-1', 'soon'),
			location: fc.constantFrom('https://evil.example/', '/'),
		},
		{ requiredKeys: [] },
	);
	const status = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(200, 202, 206) }, fc.integer({ min: 200, max: 599 }));
	let made = 0;
	await fc.assert(
		fc.asyncProperty(status, header, json, fc.constantFrom(...calls), async (code, headers, body, [, call]) => {
			made++;
			answer = (socket, request) => {
				const silent = request.startsWith('HEAD') || code === 204 || code === 304;
				const given = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<string, string>;
				socket.write(http(code, { ...given, 'content-length': silent ? '0' : String(Buffer.byteLength(body)) }, silent ? '' : body));
			};
			const outcome = await call().then(
				() => undefined,
				(error: unknown) => error,
			);
			if (outcome !== undefined && !isMeshError(outcome)) throw new Error(`not a MeshError: ${String(outcome)}`);
		}),
		{ numRuns: cases(800), endOnFailure: true },
	);
	expect(made).toBeGreaterThanOrEqual(cases(800));
});

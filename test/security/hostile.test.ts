import { Container } from '@n8n/di';
import { BinaryDataConfig } from 'n8n-core';
import { readdir, stat } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { constants, createGzip, gzipSync } from 'node:zlib';
import { MeshClient, bufferSource, isMeshError } from '../../nodes/Mesh/client';
import type { DownloadLimits } from '../../nodes/Mesh/client';
import { http, rawServer } from '../client/http/rawServer';
import { startWorld } from '../actions/world';
import type { World } from '../actions/world';
import { errorOf } from '../engine';

type Answer = (socket: Socket, request: string) => void;
type Call = (client: MeshClient) => Promise<unknown>;

/** Reads to the end and keeps nothing, as a store does that is not memory. */
const download =
	(limits?: DownloadLimits): Call =>
	async (client) => {
		const { body } = await client.download('ID1', { limits });
		let bytes = 0;
		for await (const piece of body as AsyncIterable<Buffer>) bytes += piece.length;
		return bytes;
	};
const count: Call = async (client) => await client.countMessages();
const list: Call = async (client) => {
	for await (const page of client.listInbox()) if (!page.hasMore) return;
};
const head: Call = async (client) => await client.getHeaders('ID1');
const acknowledge: Call = async (client) => await client.acknowledge('ID1');
const send: Call = async (client) =>
	await client.send({ to: 'X26ABC2', workflowId: 'W', source: bufferSource(Buffer.alloc(100_000)) }, { compression: 'never' });

const mesh = { 'mex-messageid': 'ID1' };
const plain =
	(headers: Record<string, string>, body: string | Buffer = '') =>
	(socket: Socket) =>
		void socket.write(http(200, headers, body));
const raw =
	(text: string): Answer =>
	(socket) =>
		void socket.end(text);
/** A byte now and then, for ever: never a stall. */
const drip =
	(start: Buffer): Answer =>
	(socket) => {
		socket.write(start);
		const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write(' ')), 20);
		socket.on('close', () => clearInterval(timer));
	};
/** The same bytes as long as anybody reads them. */
const forEver =
	(start: Buffer, again: Buffer): Answer =>
	(socket) => {
		socket.write(start);
		const more = () => {
			while (!socket.destroyed) if (!socket.write(again)) return void socket.once('drain', more);
		};
		more();
	};
/** 100 MB of zeros in 100 kB. */
const bomb = gzipSync(Buffer.alloc(100_000_000));
const emptyBlocks = () => {
	const gzip = createGzip({ flush: constants.Z_FULL_FLUSH });
	const pieces: Buffer[] = [];
	gzip.on('data', (piece: Buffer) => pieces.push(piece));
	gzip.write('x');
	return new Promise<Buffer>((resolve) =>
		gzip.flush(() => {
			gzip.destroy();
			resolve(Buffer.concat(pieces));
		}),
	);
};
const gzipped = (bytes: Buffer) => ({ ...mesh, 'content-encoding': 'gzip', 'content-length': String(bytes.length) });
const endless = http(200, { ...mesh, 'transfer-encoding': 'chunked' });
const chunkOf = (size: number) => Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), Buffer.alloc(size), Buffer.from('\r\n')]);

/** What the server does, the call, and how it must end: a code, or `done` where the call may well succeed. */
const HOSTILE: Array<[string, Answer | (() => Promise<Answer>), Call, string]> = [
	['headers that drip', drip(Buffer.from('HTTP/1.1 200 OK\r\nx: ')), count, 'MESH_TIMEOUT'],
	['an answer that drips', drip(http(200, { 'content-length': '100000' }, '{"count":')), count, 'MESH_TIMEOUT'],
	['an inbox that drips', drip(http(200, { 'content-length': '100000' }, '{"messages":[')), list, 'MESH_TIMEOUT'],
	['an error that drips', drip(http(403, { 'content-length': '100000' }, '{"detail":')), count, 'MESH_STATUS'],
	['an acknowledgement whose empty answer drips', drip(http(200, { 'content-length': '100000' })), acknowledge, 'MESH_TIMEOUT'],
	[
		'an accepted message whose answer drips',
		drip(http(202, { 'content-length': '100000' }, '{"message_id":')),
		send,
		'MESH_SEND_OUTCOME_UNKNOWN',
	],
	['10,000 headers', raw(`HTTP/1.1 200 OK\r\n${'x: 1\r\n'.repeat(10_000)}\r\n`), count, 'MESH_PROTOCOL'],
	['a header of 10 MB', raw(`HTTP/1.1 200 OK\r\nmex-subject: ${'x'.repeat(10_000_000)}\r\n\r\n`), head, 'MESH_PROTOCOL'],
	['a status line of 10 MB', raw(`HTTP/1.1 200 ${'x'.repeat(10_000_000)}\r\n\r\n`), head, 'MESH_'],
	['8 million brackets', plain({ 'content-length': '8000000' }, '['.repeat(8_000_000)), count, 'MESH_PROTOCOL'],
	[
		'objects a million deep',
		plain({ 'content-length': '6000010' }, `{"count":${'{"a":'.repeat(1_200_000)}`.padEnd(6_000_010, ' ')),
		count,
		'MESH_PROTOCOL',
	],
	['a number of a million digits', plain({ 'content-length': '1000010' }, `{"count":${'9'.repeat(1_000_000)}}`), count, 'MESH_PROTOCOL'],
	[
		'a page of three million IDs',
		plain({ 'content-length': String(3_000_000 * 4 + 14) }, `{"messages":[${'"A",'.repeat(3_000_000).slice(0, -1)}] }`),
		list,
		'MESH_PROTOCOL',
	],
	[
		'a page of 100,001 IDs',
		plain({ 'content-length': String(100_001 * 4 + 14) }, `{"messages":[${'"A",'.repeat(100_001).slice(0, -1)}] }`),
		list,
		'MESH_PROTOCOL',
	],
	[
		'pages without end',
		(socket, request) => {
			const turn = Number(/continue_from=(\d*)/.exec(request)?.[1] ?? 0) + 1;
			const body = JSON.stringify({
				messages: Array.from({ length: 100_000 }, () => 'A'),
				links: { next: `/messageexchange/X26ABC1/inbox?continue_from=${turn}` },
			});
			socket.write(http(200, { 'content-length': String(body.length) }, body));
		},
		list,
		'MESH_PROTOCOL',
	],
	[
		'names that are those of every object',
		plain({ 'content-length': '73' }, '{"__proto__":{"count":5},"constructor":{"prototype":{"count":5}}}'.padEnd(73)),
		count,
		'MESH_PROTOCOL',
	],
	['10^9 chunks', plain({ ...mesh, 'mex-chunk-range': '1:999999999', 'content-length': '1' }, 'x'), download(), 'MESH_LIMIT'],
	[
		'more chunks than a number holds',
		plain({ ...mesh, 'mex-chunk-range': `1:${'9'.repeat(400)}`, 'content-length': '1' }, 'x'),
		download(),
		'MESH_INTEGRITY',
	],
	[
		'one chunk more than the user allows',
		plain({ ...mesh, 'mex-chunk-range': '1:4', 'content-length': '1' }, 'x'),
		download({ maxChunks: 3 }),
		'MESH_LIMIT',
	],
	['chunks in a circle', plain({ ...mesh, 'mex-chunk-range': '1:3', 'content-length': '1' }, 'x'), download(), 'MESH_INTEGRITY'],
	[
		'a length longer than the content',
		(socket) => void socket.end(http(200, { ...mesh, 'content-length': '1000' }, 'short')),
		download(),
		'MESH_',
	],
	[
		'a length shorter than the content',
		(socket) => void socket.end(http(200, { ...mesh, 'content-length': '2' }, 'long content')),
		download(),
		'MESH_|done',
	],
	['two lengths', raw('HTTP/1.1 200 OK\r\nmex-messageid: ID1\r\ncontent-length: 1\r\ncontent-length: 9\r\n\r\nx'), download(), 'MESH_'],
	['a negative length', raw('HTTP/1.1 200 OK\r\nmex-messageid: ID1\r\ncontent-length: -1\r\n\r\nx'), download(), 'MESH_PROTOCOL'],
	[
		'a length beyond all numbers',
		raw(`HTTP/1.1 200 OK\r\nmex-messageid: ID1\r\ncontent-length: ${'9'.repeat(40)}\r\n\r\nx`),
		download(),
		'MESH_',
	],
	[
		'a length and a chunked coding',
		raw('HTTP/1.1 200 OK\r\nmex-messageid: ID1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\nx'),
		download(),
		'MESH_',
	],
	[
		'a coding chunk beyond all numbers',
		raw('HTTP/1.1 200 OK\r\nmex-messageid: ID1\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nx'),
		download(),
		'MESH_PROTOCOL',
	],
	['content without end', forEver(endless, chunkOf(1_000_000)), download({ maxBytes: 20_000_000 }), 'MESH_LIMIT'],
	[
		'trailers without end',
		forEver(Buffer.concat([endless, Buffer.from('1\r\nx\r\n0\r\n')]), Buffer.from(`x-trailer: ${'x'.repeat(1_000)}\r\n`)),
		download(),
		'MESH_',
	],
	['a gzip bomb against the limit of size', plain(gzipped(bomb), bomb), download({ maxBytes: 20_000_000 }), 'MESH_LIMIT'],
	['a gzip bomb against the limit of ratio', plain(gzipped(bomb), bomb), download({ maxCompressionRatio: 200 }), 'MESH_LIMIT'],
	[
		'gzip blocks without content and without end',
		async () => {
			const block = await emptyBlocks();
			const flush = Buffer.from([0x00, 0x00, 0x00, 0xff, 0xff]); // an empty stored block (RFC 1951)
			const coded = Buffer.concat(Array.from({ length: 50_000 }, () => flush));
			return forEver(
				Buffer.concat([
					http(200, { ...mesh, 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' }),
					Buffer.from(`${block.length.toString(16)}\r\n`),
					block,
					Buffer.from('\r\n'),
				]),
				Buffer.concat([Buffer.from(`${coded.length.toString(16)}\r\n`), coded, Buffer.from('\r\n')]),
			);
		},
		download({ maxBytes: 1_000_000 }),
		'MESH_LIMIT',
	],
	[
		'compressed JSON that nobody asked for',
		plain({ 'content-encoding': 'gzip', 'content-length': String(bomb.length) }, bomb),
		count,
		'MESH_PROTOCOL',
	],
	['another protocol', raw('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'), count, 'MESH_'],
	[
		'a body where there must be none',
		(socket) => void socket.write(http(200, { ...mesh, 'content-length': '5' }, 'HTTP/1.1 200 OK\r\nmex-messageid: ID2\r\n\r\n')),
		head,
		'done|MESH_',
	],
	[
		'two answers to one question',
		(socket) =>
			void socket.write(
				Buffer.concat([http(200, { 'content-length': '11' }, '{"count":1}'), http(200, { 'content-length': '11' }, '{"count":9}')]),
			),
		count,
		'done|MESH_',
	],
	[
		'informational answers without end',
		forEver(Buffer.alloc(0), Buffer.from('HTTP/1.1 102 Processing\r\n\r\n'.repeat(100))),
		count,
		'MESH_TIMEOUT',
	],
	[
		'headers named as the properties of every object',
		raw('HTTP/1.1 200 OK\r\n__proto__: a\r\n__proto__: b\r\nconstructor: a\r\nconstructor: b\r\nmex-a: 1\r\ncontent-length: 0\r\n\r\n'),
		head,
		'done',
	],
	['a portal instead of a message', plain({ 'content-type': 'text/html', 'content-length': '6' }, '<html>'), download(), 'MESH_PROTOCOL'],
	['a portal instead of headers', plain({ 'content-type': 'text/html', 'content-length': '6' }), head, 'MESH_PROTOCOL'],
	[
		'a later chunk of another message',
		(socket, request) =>
			void socket.write(
				http(
					200,
					{
						'mex-messageid': /inbox\/ID1\/2 /.test(request) ? 'ID2' : 'ID1',
						'mex-chunk-range': /inbox\/ID1\/2 /.test(request) ? '2:2' : '1:2',
						'content-length': '1',
					},
					'x',
				),
			),
		download(),
		'MESH_INTEGRITY',
	],
	[
		'a last chunk after which more follow',
		(socket, request) =>
			void socket.write(
				/inbox\/ID1\/2 /.test(request)
					? Buffer.from('HTTP/1.1 206 Partial\r\nmex-messageid: ID1\r\ncontent-length: 1\r\n\r\nx')
					: http(206, { ...mesh, 'mex-chunk-range': '1:2', 'content-length': '1' }, 'x'),
			),
		download(),
		'MESH_INTEGRITY',
	],
	['nothing at all, and the end', raw(''), count, 'MESH_'],
	['binary rubbish', raw('\u0000\u0001\u0002\u00ff'.repeat(100_000)), count, 'MESH_'],
];

test.each(HOSTILE)(
	'a server with %s ends a call in time, within bounds, and leaves no connection behind',
	async (what, make, call, expected) => {
		const answer = make.length === 0 ? await (make as () => Promise<Answer>)() : (make as Answer);
		const server = await rawServer(answer);
		const client = new MeshClient({
			baseUrl: server.url,
			mailboxId: 'X26ABC1',
			mailboxPassword: 'password',
			sharedKey: 'TestKey',
			tls: {},
			timeouts: { connectMs: 5_000, responseMs: / drip|informational/.test(what) ? 400 : 20_000, stallMs: 3_000 },
			retry: { attempts: 2, settleDelaysMs: [0] },
			runtime: { sleep: async () => {} },
		});
		const before = process.memoryUsage().rss;
		const outcome = await call(client).then(
			() => 'done',
			(error: unknown) => (isMeshError(error) ? error.code : `no MeshError: ${String(error)}`),
		);
		expect(outcome).toMatch(new RegExp(`^(${expected})`));
		// Far below what was sent or announced: content is never gathered.
		expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
		await client.close();
		while (server.connections.some((socket) => !socket.destroyed)) await pause(5);
		await server.close();
	},
);

describe('in n8n', () => {
	let world: World;
	beforeAll(async () => (world = await startWorld()));
	afterAll(async () => await world.close());

	const MIB = 1024 * 1024;

	/** Bytes in files below a folder; 0 where there is none. */
	async function bytesBelow(folder: string): Promise<number> {
		const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
		const sizes = await Promise.all(
			entries.filter((entry) => entry.isFile()).map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
		);
		return sizes.reduce((sum, size) => sum + size, 0);
	}

	test('the option Maximum Size ends a download in its stream: no output, no acknowledgement, no connection held, and next to nothing stored', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', gzip: true, content: Buffer.alloc(60 * MIB) });
		const store = Container.get(BinaryDataConfig).localStoragePath;
		const before = await bytesBelow(store);
		const run = await world.run({
			resource: 'message',
			operation: 'download',
			messageId,
			outputAs: 'binary',
			binaryPropertyName: 'data',
			options: { maximumSize: 5, acknowledge: true },
		});
		expect(errorOf(run)).toMatchObject({ context: { data: { errorCode: 'MESH_LIMIT', messageId } } });
		expect(errorOf(run).description).toMatch(/limit/);
		expect(world.sandbox.inbox('X26ABC1')).toContain(messageId);
		// What n8n had written by then is filed under the execution and deleted with it; most of the message never arrives.
		expect((await bytesBelow(store)) - before).toBeLessThan(25 * MIB);
		expect((await world.run({ resource: 'mailbox', operation: 'count' })).status).toBe('success');
	});
});

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bufferSource } from '../../../nodes/Mesh/client';
import type { IncomingMessage, MeshClient, MessageSource } from '../../../nodes/Mesh/client';
import { turnsOf } from '../../../nodes/Mesh/client/http/turns';
import { DEFAULT_TIMEOUTS } from '../../../nodes/Mesh/client/settings';
import { FakeClock } from '../../support/fakeClock';
import { bytesOf, failureOf, startWorld } from '../world';
import type { World } from '../world';

let world: World;
beforeAll(async () => (world = await startWorld({ tls: false })));
beforeEach(async () => await world.reset());
afterEach(async () => {
	for (const close of open.splice(0)) await close();
});
afterAll(async () => await world.close());

/** What a test has opened. Clients first: until they are closed, their limits count for the next test. */
const open: Array<() => Promise<void>> = [];

function clientOf(url: string, connections: number, clock?: FakeClock): MeshClient {
	const runtime = { now: () => world.sandbox.clock.now(), sleep: async () => {}, ...(clock && { after: clock.after }) };
	const client = world.client('X26ABC1', {
		baseUrl: url,
		tls: {},
		connections,
		runtime,
		...(clock && { timeouts: { ...DEFAULT_TIMEOUTS, connectMs: Infinity } }), // a connection takes no part of that clock's time
	});
	open.unshift(async () => await client.close());
	return client;
}

async function serve(listener: RequestListener) {
	const server = createServer(listener);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	open.push(async () => {
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	});
	return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** In this many turns of the event loop every request that may overlap with another one has come. */
const TURNS = 30;

/** In front of the sandbox: counts connections, and requests that are under way until their answer has ended. */
async function startCounter() {
	const seen = { connections: 0, most: 0, now: 0, requests: 0 };
	const { server, url } = await serve((request, response) => {
		seen.requests++;
		seen.most = Math.max(seen.most, ++seen.now);
		response.once('close', () => seen.now--);
		const chunks: Buffer[] = [];
		request.on('data', (piece: Buffer) => chunks.push(piece));
		request.once('end', () => void answer(request.method!, request.url!, request.headers as Record<string, string>, chunks, response));
	});
	server.on('connection', () => seen.connections++);
	return { seen, url };
}

async function answer(method: string, path: string, given: Record<string, string>, chunks: Buffer[], response: ServerResponse) {
	const headers = Object.fromEntries(Object.entries(given).filter(([name]) => name !== 'host' && name !== 'connection'));
	for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
	const result = await fetch(`${world.sandbox.url}${path}`, {
		method,
		headers,
		...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
	});
	const body = Buffer.from(await result.arrayBuffer());
	const kept = [...result.headers].filter(
		([name]) => !['content-encoding', 'content-length', 'transfer-encoding', 'connection'].includes(name),
	);
	response.writeHead(result.status, Object.fromEntries(kept)).end(body);
}

const content = Buffer.alloc(600_000, 'x');
const send = { to: 'X26ABC1', workflowId: 'TEST_WORKFLOW' };

test.each([1, 2, 3])(
	'%d at once: a server never sees more requests or connections of one client, whatever runs side by side',
	async (connections) => {
		const server = await startCounter();
		const client = clientOf(server.url, connections);
		const sent = await Promise.all(
			Array.from(
				{ length: 3 },
				async () => await client.send({ ...send, source: bufferSource(content) }, { chunkSize: 200_000, compression: 'never' }),
			),
		);
		const received = await Promise.all(
			sent.map(async ({ messageId }) => {
				const { body } = await client.download(messageId, { readAhead: 4 });
				const bytes = await bytesOf(body);
				await client.acknowledge(messageId);
				return bytes.length;
			}),
		);
		expect(received).toEqual([content.length, content.length, content.length]);
		expect([server.seen.most, server.seen.connections]).toEqual([connections, connections]);
	},
);

test.each([
	{ limits: [1, 8], most: 1 },
	{ limits: [8, 1], most: 1 },
	{ limits: [8, 2, 5], most: 2 },
	{ limits: [8, 8], most: 8 },
])('clients of one mailbox that allow $limits share what the smallest allows', async ({ limits, most }) => {
	const server = await startCounter();
	const clients = limits.map((connections) => clientOf(server.url, connections));
	for (const client of clients) await client.handshake();
	const transfer = async (client: MeshClient) => {
		const { messageId } = await client.send({ ...send, source: bufferSource(content) }, { chunkSize: 200_000, compression: 'never' });
		await bytesOf((await client.download(messageId, { readAhead: 4 })).body);
		await client.acknowledge(messageId);
	};
	await Promise.all(
		clients.flatMap((client) => [...Array.from({ length: 8 }, async () => await client.countMessages()), transfer(client)]),
	);
	expect(server.seen.requests).toBe(clients.length * (1 + 8 + 3 + 3 + 1));
	expect(server.seen.most).toBe(most);

	// A limit goes with its client.
	const least = Math.min(...limits);
	await Promise.all(clients.filter((_, at) => limits[at] === least).map(async (client) => await client.close()));
	const [left = clientOf(server.url, 8)] = clients.filter((_, at) => limits[at] > least);
	server.seen.most = 0;
	await Promise.all(Array.from({ length: 12 }, async () => await left.countMessages()));
	expect(server.seen.most).toBe(Math.min(8, ...limits.filter((limit) => limit > least)));
});

describe('one at a time: nothing that is left unfinished keeps the mailbox for ever', () => {
	// More than what is taken in before it is read, so that the answer is still under way.
	const large = randomBytes(3_000_000);
	let clock: FakeClock;
	let client: MeshClient;
	beforeEach(() => {
		clock = new FakeClock();
		client = clientOf(world.sandbox.url, 1, clock);
	});
	const pass = async (milliseconds: number) => {
		await clock.untilNothingMoves();
		clock.advance(milliseconds);
		await clock.untilNothingMoves();
	};
	const begin = async (signal?: AbortSignal) =>
		await client.download(await world.sandbox.putMessage({ to: 'X26ABC1', content: large }), { signal });

	test.each<[string, (message: IncomingMessage, stop: AbortController) => Promise<void>]>([
		['read to its end', async ({ body }) => expect(large.equals(await bytesOf(body))).toBe(true)],
		['given up', async (message) => await message.discard()],
		['destroyed by its reader', async ({ body }) => void body.destroy(new Error('enough'))],
		['left by its reader', async ({ body }) => void (await body[Symbol.asyncIterator]().next(), body.destroy())],
		['cancelled', async (_message, stop) => stop.abort()],
		['not read at all', async () => await pass(DEFAULT_TIMEOUTS.responseMs)],
		['begun to be read', async ({ body }) => void (await once(body, 'readable'), await pass(DEFAULT_TIMEOUTS.responseMs))],
	])('a download that is %s', async (_what, end) => {
		const stop = new AbortController();
		const message = await begin(stop.signal);
		let counted = false;
		const count = client.countMessages().finally(() => (counted = true));
		await clock.untilNothingMoves();
		expect(counted).toBe(false);
		await end(message, stop);
		expect(await count).toBe(1);
		await message.discard();
	});

	test('a download that waited unread for too long goes on where it was when its reader comes back', async () => {
		const { body } = await begin();
		await once(body, 'readable');
		await pass(DEFAULT_TIMEOUTS.responseMs);
		await client.countMessages();
		expect(large.equals(await bytesOf(body))).toBe(true);
	});

	test('a report whose unwanted content never ends', async () => {
		const { url } = await serve((request, response) => {
			if (request.url!.endsWith('/count')) return void response.end('{"count": 7, "internalID": "x", "allResultsIncluded": true}');
			response.writeHead(200, { 'mex-messagetype': 'REPORT', 'mex-messageid': '20300101000000000000_ABCDEF' }).write('a');
			trickle = () => void response.write('a');
		});
		let trickle = () => {};
		const mine = clientOf(url, 1, clock);
		expect(await bytesOf((await mine.download('20300101000000000000_ABCDEF')).body)).toHaveLength(0);
		const count = mine.countMessages();
		for (let passed = 0; passed < DEFAULT_TIMEOUTS.responseMs; passed += DEFAULT_TIMEOUTS.stallMs - 1) {
			trickle();
			await pass(DEFAULT_TIMEOUTS.stallMs - 1);
		}
		expect(await count).toBe(7);
	});

	/** Content that is downloaded while it is sent. */
	const passedOn = async (): Promise<MessageSource> => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: large });
		return {
			size: large.length,
			async *read() {
				yield* (await client.download(messageId)).body;
			},
		};
	};

	test('a message whose content is being downloaded from the same mailbox: it is not sent, and says why', async () => {
		let ended = false;
		const sending = failureOf(client.send({ ...send, source: await passedOn() }, { compression: 'never' })).finally(() => (ended = true));
		while (!ended) await pass(DEFAULT_TIMEOUTS.stallMs);
		expect(await sending).toMatchObject({
			code: 'MESH_TIMEOUT',
			networkCode: 'MESH_SOURCE_STALLED',
			ambiguous: false,
			hint: expect.stringContaining('must be stored first where Connections at Once leaves no other connection'),
		});
		expect(await client.countMessages()).toBe(1);
	});

	test('with a second connection such a message is sent', async () => {
		await client.close();
		client = clientOf(world.sandbox.url, 2);
		const sent = await client.send({ ...send, source: await passedOn() }, { compression: 'never' });
		expect(large.equals(await world.sandbox.content(sent.messageId))).toBe(true);
	});
});

test('a chunk that is asked for again does not wait for those that were asked for ahead, also when fewer turns are left by then', async () => {
	const chunks = Array.from({ length: 4 }, () => randomBytes(2_000_000));
	const client = clientOf(world.sandbox.url, 8);
	const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: chunks });
	world.sandbox.arm({ call: 'download', fault: { kind: 'resetInResponseBody', afterBytes: 1_500_000 } });
	const { body } = await client.download(messageId, { readAhead: 3 });
	await once(body, 'readable');
	const other = clientOf(world.sandbox.url, 1);
	const count = other.countMessages();
	expect(Buffer.concat(chunks).equals(await bytesOf(body))).toBe(true);
	expect(await count).toBe(1);
	const asked = world.sandbox.requests.filter(({ call }) => call === 'downloadChunk').length;
	expect(asked).toBeGreaterThan(3); // some were asked for ahead, and again
});

test('a request made ahead is not repeated while nobody needs its answer, and then as often as any other', async () => {
	const client = clientOf(world.sandbox.url, 8);
	const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: ['one', 'two', 'three'] });
	world.sandbox.arm({ call: 'downloadChunk', chunk: 2, times: 2, fault: { kind: 'status', status: 503 } });
	const { body } = await client.download(messageId);
	expect((await bytesOf(body)).toString()).toBe('onetwothree');
});

describe('turns', () => {
	const call = 'ask';

	test('are given in the order in which they are asked for, and those who wait come before what is made ahead', async () => {
		const turns = turnsOf('a', 2);
		const first = await turns.take({ call });
		expect(turns.mayAskAhead()).toBe(true);
		const ahead = await turns.take({ call, ahead: true });
		expect(turns.mayAskAhead()).toBe(false);
		const order: string[] = [];
		const others = ['one', 'two'].map(async (name) => await turns.take({ call }).then((done) => (order.push(name), done)));
		first();
		(await others[0])();
		(await others[1])();
		expect([order, turns.mayAskAhead()]).toEqual([['one', 'two'], false]);
		ahead();
		expect(turns.mayAskAhead()).toBe(true);
		turns.leave();
	});

	test('end when the call is cancelled, and do not stand in the way of others then', async () => {
		const turns = turnsOf('b', 1);
		const done = await turns.take({ call });
		const stop = new AbortController();
		const cancelled = failureOf(turns.take({ call, signal: stop.signal }));
		const next = turns.take({ call });
		stop.abort();
		expect(await cancelled).toMatchObject({ code: 'MESH_ABORTED' });
		done();
		(await next)();
		turns.leave();
	});

	test('are not waited for longer than somebody is patient', async () => {
		const turns = turnsOf('c', 1);
		const done = await turns.take({ call });
		const late = await failureOf(
			turns.take({ call, patience: { milliseconds: 5, after: (_milliseconds, then) => (queueMicrotask(then), () => {}) } }),
		);
		expect(late).toMatchObject({ code: 'MESH_TIMEOUT', networkCode: 'MESH_CONNECTIONS_IN_USE', ambiguous: false });
		done();
		(await turns.take({ call }))();
		turns.leave();
	});
});

import { bufferSource } from '../../nodes/Mesh/client';
import type { CallOptions, MeshClient } from '../../nodes/Mesh/client';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { Writable } from 'node:stream';
import { bytesOf, failureOf, startWorld } from './world';
import type { World } from './world';

let world: World;
let client: MeshClient;
beforeAll(async () => {
	world = await startWorld();
	client = world.client('X26ABC1', { runtime: { now: () => world.sandbox.clock.now() } });
});
afterAll(async () => await world.close());
beforeEach(async () => await world.reset());

const stalled = { kind: 'stall', where: 'beforeAnswer' } as const;
const source = bufferSource(Buffer.alloc(50, 'x'));
const message = { to: 'X26ABC2', workflowId: 'WF', source };

/** Aborts once the sandbox has seen as many requests, and gives what became of the call. */
async function cancelled(call: (options: CallOptions) => Promise<unknown>, requests = 1) {
	const stop = new AbortController();
	const outcome = failureOf(call({ signal: stop.signal }));
	while (world.sandbox.requests.length < requests) await new Promise((resolve) => setImmediate(resolve));
	stop.abort(new Error('reason that may hold anything'));
	return await outcome;
}

test.each<[string, (options: CallOptions) => Promise<unknown>]>([
	['validating', async (options) => await client.handshake(options)],
	['counting', async (options) => await client.countMessages(options)],
	['listing', async (options) => await client.listInbox({}, options).next()],
	['getting headers', async (options) => await client.getHeaders('ID', options)],
	['downloading', async (options) => await client.download('ID', options)],
	['acknowledging', async (options) => await client.acknowledge('ID', options)],
	['tracking', async (options) => await client.track('ID', options)],
	['tracking by local ID', async (options) => await client.trackByLocalId('ID', options)],
	['looking up', async (options) => await client.lookUpMailboxes('X26', 'WF', options)],
	['searching', async (options) => await client.searchByWorkflow('WF', options)],
	['sending', async (options) => await client.send(message, options)],
])('%s ends when it is cancelled, without another attempt', async (_what, call) => {
	world.sandbox.arm({ times: 100, fault: stalled });
	const error = await cancelled(call);
	expect(error).toMatchObject({ code: 'MESH_ABORTED', temporary: false });
	expect(error.message).not.toContain('anything');
	expect(world.sandbox.requests).toHaveLength(1);
});

test.each<[string, (options: CallOptions) => Promise<unknown>]>([
	['asked', async (options) => await client.countMessages(options)],
	['sent', async (options) => await client.send(message, options)],
	['downloaded', async (options) => await client.download('ID', options)],
	['listed', async (options) => await client.listInbox({}, options).next()],
])('nothing is %s when the signal is aborted already', async (_what, call) => {
	expect(await failureOf(call({ signal: AbortSignal.abort() }))).toMatchObject({ code: 'MESH_ABORTED' });
	expect(world.calls()).toEqual([]);
});

test('a pause before another attempt ends too', async () => {
	world.sandbox.arm({ call: 'count', times: 100, fault: { kind: 'status', status: 503, headers: { 'retry-after': '100' } } });
	expect(await cancelled(async (options) => await client.countMessages(options))).toMatchObject({ code: 'MESH_ABORTED' });
});

test('a chunked upload that is cancelled says where it stood, so that it can go on', async () => {
	world.sandbox.arm({ call: 'sendChunk', chunk: 3, fault: stalled });
	const error = await cancelled(async (options) => await client.send(message, { ...options, chunkSize: 10, compression: 'never' }), 3);
	expect(error).toMatchObject({ code: 'MESH_ABORTED', upload: { nextChunk: 3, chunkCount: 5, chunkSize: 10 } });
	const sent = await client.send(message, { continueFrom: error.upload });
	expect((await world.sandbox.content(sent.messageId)).length).toBe(50);
});

test('a cancelled first chunk leaves it open whether MESH has it, and names the local ID', async () => {
	world.sandbox.arm({ call: 'send', fault: stalled });
	expect(await cancelled(async (options) => await client.send(message, options))).toMatchObject({
		code: 'MESH_ABORTED',
		ambiguous: true,
		localId: expect.any(String),
	});
});

test('asking tracking about an unknown outcome ends too', async () => {
	world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
	world.sandbox.arm({ call: 'trackLocal', fault: stalled });
	expect(await cancelled(async (options) => await client.send(message, options), 2)).toMatchObject({ code: 'MESH_ABORTED' });
});

describe('a download that is cancelled', () => {
	const large = Buffer.alloc(3_000_000, 'abc');

	test('while it is read ends its stream with an error', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: [large, large] });
		const stop = new AbortController();
		const { body } = await client.download(messageId, { signal: stop.signal });
		const writing = pipeline(
			body,
			new Writable({
				write: (_piece, _encoding, done) => {
					stop.abort();
					setImmediate(done);
				},
			}),
		);
		expect(await failureOf(writing)).toMatchObject({ code: 'MESH_ABORTED' });
	});

	test('while nobody reads it ends without a word to the process', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: [large, large] });
		const stop = new AbortController();
		const { body } = await client.download(messageId, { signal: stop.signal });
		const closed = once(body, 'close').catch(() => undefined);
		stop.abort();
		await closed;
		expect(body.destroyed).toBe(true);
	});

	test('after its end was a download all the same', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'short' });
		const stop = new AbortController();
		const incoming = await client.download(messageId, { signal: stop.signal });
		expect((await bytesOf(incoming.body)).toString()).toBe('short');
		stop.abort();
		expect(incoming.received).toMatchObject({ bytes: 5 });
	});
});

test('signals are let go of: a thousand calls with one signal leave no listener behind', async () => {
	const stop = new AbortController();
	const added: string[] = [];
	const { signal } = stop;
	const counted = new Proxy(signal, {
		get(target, name) {
			const value: unknown = Reflect.get(target, name, target);
			if (name === 'addEventListener') added.push('+');
			if (name === 'removeEventListener') added.push('-');
			return typeof value === 'function' ? value.bind(target) : value;
		},
	});
	const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
	for (let time = 0; time < 20; time++) {
		await client.countMessages({ signal: counted });
		await bytesOf((await client.download(messageId, { signal: counted })).body);
		await client.send(message, { signal: counted, chunkSize: 30, compression: 'always' });
	}
	expect(added.filter((sign) => sign === '+').length).toBeGreaterThan(60);
	expect(added.filter((sign) => sign === '-').length).toBeGreaterThanOrEqual(added.filter((sign) => sign === '+').length);
});

import { bufferSource } from '../../../nodes/Mesh/client';
import type { MeshClient, OutgoingMessage, SendOptions } from '../../../nodes/Mesh/client';
import type { Fault } from '../../../sandbox';
import { failureOf, startWorld } from '../world';
import type { World } from '../world';

let world: World;
let client: MeshClient;
beforeAll(async () => {
	world = await startWorld();
	client = world.impatientClient('X26ABC1');
});
afterAll(async () => await world.close());
beforeEach(async () => await world.reset());

const content = Buffer.from('twenty-five bytes of text');
const send = async (options: SendOptions = {}, changes: Partial<OutgoingMessage> = {}) =>
	await client.send({ to: 'X26ABC2', workflowId: 'WF', source: bufferSource(content), ...changes }, { compression: 'never', ...options });

/** Everything that recipients could see of what was sent. */
const delivered = async () =>
	await Promise.all(world.sandbox.inbox('X26ABC2').map(async (id) => (await world.sandbox.content(id)).toString()));

const tookEffect: Array<[string, Fault]> = [
	['the connection was reset before the answer', { kind: 'resetAfterProcessing' }],
	['the answer came too late', { kind: 'lateAnswer', ms: 3_000 }],
	['the answer was damaged', { kind: 'garbageJson' }],
	['the answer named no message', { kind: 'truncate', bytes: 1, length: 'adjusted' }],
	['the answer broke off', { kind: 'truncate', bytes: 5, length: 'kept' }],
	['the connection was reset in the answer', { kind: 'resetInResponseBody', afterBytes: 5 }],
];

const nothingDone: Array<[string, Fault]> = [
	['the connection was reset before anything was done', { kind: 'resetBeforeProcessing' }],
	['the connection was reset in the middle of the content', { kind: 'resetInRequestBody', afterBytes: 10 }],
	['no answer came', { kind: 'stall', where: 'beforeAnswer' }],
	['a gateway failed', { kind: 'status', status: 502 }],
	['a gateway gave up', { kind: 'status', status: 504 }],
	['MESH failed', { kind: 'status', status: 500 }],
	['MESH failed in XML', { kind: 'xmlError' }],
];

describe('when MESH has the message although', () => {
	test.each(tookEffect)('%s, tracking finds it and it is not sent again', async (_what, fault) => {
		world.sandbox.arm({ call: 'send', fault });
		const sent = await send();
		expect(sent).toMatchObject({ settledByTracking: true, chunkCount: 1, messageId: world.sandbox.inbox('X26ABC2')[0] });
		expect(await delivered()).toEqual([content.toString()]);
		expect(world.calls()).toEqual(['send 1', 'trackLocal']);
	});

	test.each(tookEffect)('%s on the first of several chunks, the upload goes on behind it', async (_what, fault) => {
		world.sandbox.arm({ call: 'send', fault });
		expect(await send({ chunkSize: 10 })).toMatchObject({ settledByTracking: true, chunkCount: 3 });
		expect(await delivered()).toEqual([content.toString()]);
		expect(world.calls()).toEqual(['send 1', 'trackLocal', 'sendChunk 2', 'sendChunk 3']);
	});
});

describe('when MESH has no record of the message because', () => {
	test.each(nothingDone)('%s, it is not sent again, and the error names the local ID to look for', async (_what, fault) => {
		world.sandbox.arm({ call: 'send', fault });
		const error = await failureOf(send());
		expect(error).toMatchObject({
			code: 'MESH_SEND_OUTCOME_UNKNOWN',
			ambiguous: true,
			temporary: false,
			localId: expect.stringMatching(/^[0-9a-f-]{36}$/),
		});
		expect(error.message).toContain(error.localId);
		expect(world.calls()).toEqual(['send 1', 'trackLocal', 'trackLocal', 'trackLocal', 'trackLocal']);
		expect(await delivered()).toEqual([]);
	});

	test.each(nothingDone)('%s, it is sent again when the user wants that', async (_what, fault) => {
		world.sandbox.arm({ call: 'send', fault });
		expect(await send({ sendAgainWhenNoRecord: true })).toMatchObject({ settledByTracking: false });
		expect(await delivered()).toEqual([content.toString()]);
	});

	test('it keeps failing, the user gets an error in the end although it may be sent again', async () => {
		world.sandbox.arm({ call: 'send', times: 100, fault: { kind: 'resetBeforeProcessing' } });
		expect(await failureOf(send({ sendAgainWhenNoRecord: true }))).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN' });
		expect(world.calls().filter((call) => call === 'send 1')).toHaveLength(4);
	});

	test('nothing was sent at all, it is simply tried again', async () => {
		await world.client('X26ABC1').close();
		const fresh = world.client('X26ABC1');
		world.sandbox.arm({ times: 2, fault: { kind: 'refuseConnections', ms: 60_000 } });
		await fresh.send({ to: 'X26ABC2', workflowId: 'WF', source: bufferSource(content) });
		expect(await delivered()).toEqual([content.toString()]);
		expect(world.calls()).toEqual(['send 1']);
		expect(world.pauses).toHaveLength(2);
	});
});

test('tracking is asked at growing distances over half a minute, as a record may appear late', async () => {
	world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
	world.sandbox.arm({
		call: 'trackLocal',
		times: 3,
		fault: { kind: 'status', status: 404, body: '{"detail":[{"event":"","code":"","msg":"Not Found"}]}' },
	});
	expect(await send()).toMatchObject({ settledByTracking: true });
	const waited = world.pauses.reduce((sum, pause) => sum + pause, 0);
	expect(world.pauses).toHaveLength(4);
	expect(waited).toBeGreaterThan(28_000);
	expect(waited).toBeLessThanOrEqual(30_000);
});

test('a tracking that fails for passing reasons is asked again, one that cannot be asked leaves the outcome unknown', async () => {
	world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
	world.sandbox.arm({ call: 'trackLocal', times: 6, fault: { kind: 'status', status: 503 } });
	expect(await send()).toMatchObject({ settledByTracking: true });
	await world.reset();
	world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
	world.sandbox.arm({ call: 'trackLocal', times: 100, fault: { kind: 'status', status: 403 } });
	const error = await failureOf(send({ sendAgainWhenNoRecord: true }));
	expect(error).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN' });
	expect(error.message).toMatch(/tracking could not be asked/);
	expect(world.calls().filter((call) => call === 'send 1')).toHaveLength(1);
});

describe('a local ID that others have too', () => {
	test('leaves the outcome unknown when MESH has several, and is never taken as leave to send again', async () => {
		await send({}, { localId: 'same' });
		await send({}, { localId: 'same' });
		world.sandbox.arm({ call: 'send', fault: { kind: 'resetBeforeProcessing' } });
		const error = await failureOf(send({ sendAgainWhenNoRecord: true }, { localId: 'same' }));
		expect(error).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN', localId: 'same' });
		expect(error.message).toMatch(/several messages/);
		expect(world.sandbox.messagesTo('X26ABC2')).toHaveLength(2);
	});

	test('does not let an older message pass for the one that was lost', async () => {
		await send({}, { localId: 'same' });
		world.sandbox.clock.advance(60_000);
		world.sandbox.arm({ call: 'send', fault: { kind: 'resetBeforeProcessing' } });
		const error = await failureOf(send({}, { localId: 'same' }));
		expect(error).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN' });
		expect(error.message).toMatch(/older message/);
	});

	test('that is used for the first time is found by its time', async () => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
		expect(await send({}, { localId: 'mine' })).toMatchObject({ settledByTracking: true, localId: 'mine' });
	});
});

test('a record that does not say how far the message is leaves the outcome unknown', async () => {
	world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
	world.sandbox.arm({
		call: 'trackLocal',
		times: 99,
		fault: { kind: 'status', status: 200, body: '{"messageId":"ID1","dtsId":"ID1","fileSize":0}' },
	});
	expect(await failureOf(send())).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN' });
	expect(await delivered()).toHaveLength(1);
});

describe('what was refused before it was looked at', () => {
	test.each([425, 429, 503])('with %d is sent again', async (status) => {
		world.sandbox.arm({ call: 'send', times: 2, fault: { kind: 'status', status } });
		expect(await send()).toMatchObject({ settledByTracking: false });
		expect(world.calls()).toEqual(['send 1', 'send 1', 'send 1']);
		expect(await delivered()).toHaveLength(1);
	});

	test('is sent again when the server says', async () => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'status', status: 503, headers: { 'retry-after': '7' } } });
		world.sandbox.arm({ call: 'send', fault: { kind: 'status', status: 429, headers: { 'retry-after': '99999' } } });
		await send();
		expect(world.pauses).toEqual([7_250, 120_000]);
	});

	test.each([400, 403, 404, 413, 417, 422])('with %d stays refused', async (status) => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'status', status } });
		expect(await failureOf(send())).toMatchObject({
			code: status === 404 ? 'MESH_PROTOCOL' : 'MESH_STATUS',
			httpStatus: status,
			localId: expect.any(String),
			ambiguous: false,
		});
		expect(world.calls()).toEqual(['send 1']);
	});

	test('with a redirect is not sent elsewhere', async () => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'status', status: 307, headers: { location: 'https://evil.example/' } } });
		const error = await failureOf(send());
		expect(error).toMatchObject({ code: 'MESH_STATUS', httpStatus: 307 });
		expect(error.hint).toMatch(/not followed/);
	});
});

describe('a token that MESH says it has seen', () => {
	const seen: Fault = {
		kind: 'status',
		status: 403,
		body: '{"detail":[{"event":"","code":"","msg":"Error Duplicated Authentication Token"}]}',
	};

	test('means that something on the way sent the message twice: where tracking has no record, the user decides', async () => {
		world.sandbox.arm({ call: 'send', times: 2, fault: seen });
		expect(await failureOf(send())).toMatchObject({ code: 'MESH_SEND_OUTCOME_UNKNOWN' });
		expect(world.calls()).toEqual(['send 1', 'trackLocal', 'trackLocal', 'trackLocal', 'trackLocal']);
		expect(await send({ sendAgainWhenNoRecord: true })).toMatchObject({ settledByTracking: false });
		expect(await delivered()).toHaveLength(1);
	});

	test('costs a question one more attempt', async () => {
		world.sandbox.arm({ call: 'count', times: 2, fault: seen });
		expect(await failureOf(client.countMessages())).toMatchObject({ code: 'MESH_STATUS', httpStatus: 403 });
		expect(world.calls()).toEqual(['count', 'count']);
	});
});

test('a source that fails in the first chunk is told as such: MESH cannot have the message', async () => {
	const broken = {
		size: 200_000,
		async *read() {
			yield Buffer.alloc(100_000);
			throw Object.assign(new Error('x'), { code: 'EIO' });
		},
	};
	expect(await failureOf(send({}, { source: broken }))).toMatchObject({
		code: 'MESH_INVALID_INPUT',
		parameter: 'source',
		networkCode: 'EIO',
	});
	expect(await delivered()).toEqual([]);
});

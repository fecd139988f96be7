import { failureOf, useWorld } from './world';
import type { World } from './world';

let world: World;
useWorld((started) => (world = started));

describe('validating a mailbox', () => {
	test('is a POST with what MESH wants to know about the client, and a fresh token', async () => {
		expect(await world.client('x26abc1').handshake()).toMatchObject({ mailboxId: 'X26ABC1' });
		const [request] = world.sandbox.requests;
		expect(request).toMatchObject({ call: 'handshake', method: 'POST', status: 200, path: '/messageexchange/X26ABC1' });
		expect(request.headers).toMatchObject({
			accept: 'application/vnd.mesh.v2+json',
			'mex-clientversion': 'test==1',
			'user-agent': 'test==1',
			'mex-osname': expect.any(String),
			'mex-osversion': expect.any(String),
			'mex-osarchitecture': expect.any(String),
		});
	});

	test('tells by how much the clocks differ, as far as whole seconds show it', async () => {
		const { serverTime, clockDifferenceMs } = await world
			.client('X26ABC1', { runtime: { now: () => world.sandbox.clock.now() - 600_000 } })
			.handshake();
		expect(serverTime?.getTime()).toBeGreaterThan(world.sandbox.clock.now() - 5_000);
		expect(clockDifferenceMs).toBeGreaterThan(595_000);
		expect(clockDifferenceMs).toBeLessThanOrEqual(600_500);
	});

	test.each([
		['password', { mailboxPassword: 'wrong' }],
		['shared key', { sharedKey: 'wrong' }],
	])('with a wrong %s fails once, with all that may be the reason', async (_what, changes) => {
		const error = await failureOf(world.client('X26ABC1', changes).handshake());
		expect(error).toMatchObject({ code: 'MESH_STATUS', httpStatus: 403, temporary: false, call: 'validate the mailbox' });
		expect(error.hint).toMatch(/password.*shared key.*clock/);
		expect(world.calls()).toEqual(['handshake']);
	});

	test('with a clock that is off says so and by how much', async () => {
		const error = await failureOf(
			world.client('X26ABC1', { runtime: { now: () => world.sandbox.clock.now() - 3 * 3_600_000 } }).handshake(),
		);
		expect(error.httpStatus).toBe(403);
		expect(error.hint).toMatch(/clock of the n8n host is (3 h 0 min|2 h 59 min) behind/);
	});

	test('of a mailbox that does not exist is refused', async () => {
		expect(await failureOf(world.client('NOSUCH').handshake())).toMatchObject({ code: 'MESH_STATUS', httpStatus: 403 });
	});
});

test('the count is the number of messages that wait', async () => {
	const client = world.client();
	expect(await client.countMessages()).toBe(0);
	await world.sandbox.putMessage({ to: 'X26ABC1', content: 'a' });
	await world.sandbox.putReport({ to: 'X26ABC1' });
	expect(await client.countMessages()).toBe(2);
});

describe('the directory', () => {
	test('gives the mailboxes of an organisation that take a workflow', async () => {
		expect(await world.client().lookUpMailboxes('X26', 'TEST_WORKFLOW')).toEqual([
			{ mailboxId: 'X26ABC2', mailboxName: expect.any(String) },
		]);
		expect(await world.client().lookUpMailboxes(' X26 ', ' TEST_WORKFLOW2 ')).toHaveLength(2);
	});

	test('gives all mailboxes that take a workflow', async () => {
		expect((await world.client().searchByWorkflow('TEST_WORKFLOW_ACK')).map(({ mailboxId }) => mailboxId)).toEqual(['X26ABC1', 'X26ABC3']);
	});

	test('gives none, and no error, when nothing matches', async () => {
		expect(await world.client().lookUpMailboxes('NOPE', 'TEST_WORKFLOW')).toEqual([]);
		expect(await world.client().searchByWorkflow('a/../b')).toEqual([]);
	});

	test.each<[string, () => Promise<unknown>, string]>([
		['no ODS code', async () => await world.client().lookUpMailboxes(' ', 'WF'), 'odsCode'],
		['no workflow', async () => await world.client().lookUpMailboxes('X26', ''), 'workflowId'],
		['no workflow to search', async () => await world.client().searchByWorkflow(''), 'workflowId'],
		['a workflow with a line break', async () => await world.client().searchByWorkflow('a\nb'), 'workflowId'],
	])('is not asked with %s', async (_what, call, parameter) => {
		expect(await failureOf(call())).toMatchObject({ code: 'MESH_INVALID_INPUT', parameter });
		expect(world.calls()).toEqual([]);
	});

	test.each([
		['no list', '{"results":5}'],
		['a list of something else', '{"results":[1]}'],
		['entries without a mailbox', '{"results":[{"mailbox_name":"x"}]}'],
	])('answering with %s breaks the protocol', async (_what, body) => {
		world.sandbox.arm({ call: 'lookup', times: 9, fault: { kind: 'status', status: 200, body } });
		expect(await failureOf(world.client().lookUpMailboxes('X26', 'WF'))).toMatchObject({ code: 'MESH_PROTOCOL' });
	});
});

test('every attempt has a token of its own, because MESH takes each one once', async () => {
	const client = world.client();
	for (let call = 0; call < 3; call++) await client.handshake();
	world.sandbox.arm({ call: 'handshake', times: 2, fault: { kind: 'status', status: 503 } });
	await client.handshake();
	expect(world.sandbox.requests.map(({ outcome }) => outcome).filter((outcome) => /uplicat/.test(outcome))).toEqual([]);
	expect(world.sandbox.requests.at(-1)?.status).toBe(200);
});

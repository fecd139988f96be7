import { errorOf } from '../engine';
import { startWorld, type World } from './world';

let world: World;
beforeAll(async () => {
	world = await startWorld();
});
afterEach(async () => await world.sandbox.reset());
afterAll(async () => await world.close());

describe('Mailbox', () => {
	test('Validate does the handshake and tells the difference of the clocks', async () => {
		const [item] = await world.output({ resource: 'mailbox', operation: 'validate' });
		expect(item?.json).toMatchObject({
			mailboxId: 'X26ABC1',
			valid: true,
			serverTime: expect.stringMatching(/Z$/),
			clockDifferenceSeconds: expect.any(Number),
		});
		expect(world.sandbox.requests.map(({ call }) => call)).toEqual(['handshake']);
	});

	test('Validate fails with a wrong password', async () => {
		world.credentials.wrong = { ...world.credentials.meshApi, mailboxPassword: 'not-the-password' };
		const error = errorOf(await world.run({ resource: 'mailbox', operation: 'validate' }, { node: { credential: 'wrong' } }));
		expect(error).toMatchObject({ name: 'NodeApiError', httpCode: '403', description: expect.stringMatching(/password/) });
		expect(error.message + String(error.description)).not.toContain('not-the-password');
	});

	test('Count Messages counts what waits', async () => {
		await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		await world.sandbox.putReport({ to: 'X26ABC1' });
		expect((await world.output({ resource: 'mailbox', operation: 'count' }))[0]?.json).toEqual({ mailboxId: 'X26ABC1', count: 2 });
	});

	test('each item uses the credential of its node, and mailboxes do not mix', async () => {
		await world.sandbox.putMessage({ to: 'X26ABC3', content: 'x' });
		expect((await world.output({ resource: 'mailbox', operation: 'count' }, { node: { credential: 'X26ABC3' } }))[0]?.json).toEqual({
			mailboxId: 'X26ABC3',
			count: 1,
		});
		expect((await world.output({ resource: 'mailbox', operation: 'count' }))[0]?.json).toEqual({ mailboxId: 'X26ABC1', count: 0 });
	});
});

describe('Directory', () => {
	test('Look Up Mailboxes gives all mailboxes of an organisation for a workflow, one item each', async () => {
		const output = await world.output({ resource: 'directory', operation: 'lookUp', odsCode: 'X26', workflowId: 'TEST_WORKFLOW2' });
		expect(output.map(({ json, pairedItem }) => [json, pairedItem])).toEqual([
			[{ mailboxId: 'X26ABC1', mailboxName: expect.any(String), odsCode: 'X26', workflowId: 'TEST_WORKFLOW2' }, { item: 0 }],
			[{ mailboxId: 'X26ABC2', mailboxName: expect.any(String), odsCode: 'X26', workflowId: 'TEST_WORKFLOW2' }, { item: 0 }],
		]);
	});

	test('Search by Workflow gives the mailboxes of every organisation', async () => {
		const output = await world.output({ resource: 'directory', operation: 'search', workflowId: 'TEST_WORKFLOW2' });
		expect(output.map(({ json }) => json.mailboxId)).toEqual(['X26ABC1', 'X26ABC2', 'X26ABC3']);
	});

	test('no match gives no items', async () => {
		expect(await world.output({ resource: 'directory', operation: 'lookUp', odsCode: 'ZZZ', workflowId: 'TEST_WORKFLOW2' })).toEqual([]);
		expect(await world.output({ resource: 'directory', operation: 'search', workflowId: 'NOTHING' })).toEqual([]);
	});

	test.each([
		[{ operation: 'lookUp', odsCode: '={{ "" }}', workflowId: 'W' }, /ODS Code/],
		[{ operation: 'lookUp', odsCode: 'X26', workflowId: '={{ " " }}' }, /Workflow ID/],
		[{ operation: 'search', workflowId: '={{ undefined }}' }, /Workflow ID/],
	])('%j is refused before MESH is asked', async (parameters, message) => {
		expect(errorOf(await world.run({ resource: 'directory', ...parameters })).message).toMatch(message);
		expect(world.sandbox.requests).toHaveLength(0);
	});
});

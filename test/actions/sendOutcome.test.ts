import type { IDataObject } from 'n8n-workflow';
import type { MeshClient } from '../../nodes/Mesh/client';
import { errorOf } from '../engine';
import { impatientClient, impatientMesh } from './impatientMesh';
import { startWorld, type World } from './world';

let client: MeshClient;
let world: World;
beforeAll(async () => {
	world = await startWorld(
		{},
		impatientMesh(() => client),
	);
	client = impatientClient(world.sandbox);
});
afterEach(async () => await world.sandbox.reset());
afterAll(async () => {
	await client.close();
	await world.close();
});

const send = (options: IDataObject = {}): IDataObject => ({
	resource: 'message',
	operation: 'send',
	to: 'X26ABC2',
	workflowId: 'W',
	contentFrom: 'text',
	text: 'hello',
	options,
});
const retry = { node: { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 } };
const calls = (call: string) => world.sandbox.requests.filter((request) => request.call === call).length;

describe('Message: Send, when the connection breaks before MESH answers', () => {
	test('a message of which MESH has no record is not sent again, not even by Retry On Fail; the error names the local ID to track', async () => {
		world.sandbox.arm({ call: 'send', times: 99, fault: { kind: 'resetBeforeProcessing' } });
		const error = errorOf(await world.run(send({ localId: 'L1' }), retry));
		expect(calls('send')).toBe(1);
		expect(error.context.data).toMatchObject({ errorCode: 'MESH_SEND_OUTCOME_UNKNOWN', localId: 'L1' });
		expect(error.description).toContain('L1');
	});

	test('a message that MESH has after all is found by tracking when n8n runs the node again, and exists once', async () => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
		world.sandbox.arm({
			call: 'trackLocal',
			times: 4,
			fault: { kind: 'status', status: 404, body: '{"detail":[{"event":"","code":"","msg":"Not Found"}]}' },
		});
		const [item] = await world.output(send(), retry);
		expect(calls('send')).toBe(1);
		expect(world.sandbox.inbox('X26ABC2')).toEqual([item?.json.messageId]);
		expect(item?.json).toMatchObject({ settledByTracking: true, bytes: 5, localId: world.sandbox.messagesTo('X26ABC2')[0]?.localId });
	});

	test('tracking at once settles it without a second run', async () => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'resetAfterProcessing' } });
		const [item] = await world.output(send());
		expect(item?.json.settledByTracking).toBe(true);
		expect(world.sandbox.messagesTo('X26ABC2')).toHaveLength(1);
	});

	test('with Send Again When MESH Has No Record it is sent again under the same local ID', async () => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'resetBeforeProcessing' } });
		const [item] = await world.output(send({ sendAgainWhenNoRecord: true, localId: 'L2' }));
		expect(world.sandbox.messagesTo('X26ABC2').map(({ localId }) => localId)).toEqual(['L2']);
		expect(item?.json.localId).toBe('L2');
	});

	test('the same holds when the first run gave up and n8n runs the node again', async () => {
		world.sandbox.arm({ call: 'send', times: 2, fault: { kind: 'resetBeforeProcessing' } });
		await world.output(send({ sendAgainWhenNoRecord: true, localId: 'L3' }), retry);
		expect(world.sandbox.messagesTo('X26ABC2').map(({ localId }) => localId)).toEqual(['L3']);
	});
});

import type { IDataObject } from 'n8n-workflow';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { errorOf, execute, makeNode, makeWorkflow, outputOf, storeBinary } from '../engine';
import { MESH, type World, useWorld } from './world';

let world: World;
useWorld((started) => (world = started));

/** With the defaults of the editor: sender, workflow ID and local ID come from the item. */
const reply = (more: IDataObject = {}): IDataObject => ({
	resource: 'message',
	operation: 'reply',
	contentFrom: 'text',
	text: 'accepted',
	options: {},
	...more,
});
const received = { messageId: 'M1', from: 'X26ABC2', to: 'X26ABC1', workflowId: 'TEST_WORKFLOW', localId: 'their-id' };
const [arrived] = [
	async () => {
		const [view] = world.sandbox.messagesTo('X26ABC2');
		if (view === undefined) throw new Error('No reply arrived');
		return { view, content: (await world.sandbox.content(view.messageId)).toString() };
	},
];

describe('Message: Reply', () => {
	test('goes to the sender of the item, with _ACK behind the workflow ID and the local ID carried over', async () => {
		const [item] = await world.output(reply(), { items: [{ json: received }] });
		const { view, content } = await arrived();
		expect(view).toMatchObject({ from: 'X26ABC1', workflowId: 'TEST_WORKFLOW_ACK', localId: 'their-id', status: 'accepted' });
		expect(content).toBe('accepted');
		expect(item).toMatchObject({
			json: { messageId: view.messageId, to: 'X26ABC2', workflowId: 'TEST_WORKFLOW_ACK', localId: 'their-id' },
			pairedItem: { item: 0 },
		});
	});

	test('asks MESH for the sender when it has the message ID only', async () => {
		const messageId = await world.sandbox.putMessage({
			to: 'X26ABC1',
			from: 'X26ABC2',
			workflowId: 'TEST_WORKFLOW',
			localId: 'L7',
			content: 'a result',
		});
		await world.output(reply({ replyTo: 'messageId' }), { items: [{ json: { messageId } }] });
		expect((await arrived()).view).toMatchObject({ workflowId: 'TEST_WORKFLOW_ACK', localId: 'L7' });
	});

	test('carries JSON and files as well, and takes another suffix', async () => {
		await world.output(
			reply({
				contentFrom: 'json',
				jsonContent: '={{ { received: $json.messageId } }}',
				options: { workflowIdSuffix: '_RESPONSE', subject: 'Done' },
			}),
			{ items: [{ json: received }] },
		);
		expect(await arrived()).toMatchObject({
			view: { workflowId: 'TEST_WORKFLOW_RESPONSE', subject: 'Done' },
			content: '{"received":"M1"}',
		});
		await world.sandbox.reset();
		const data = await storeBinary(Buffer.from('<ack/>'), { mimeType: 'application/xml' });
		await world.output(reply({ contentFrom: 'binary', binaryPropertyName: 'data' }), { items: [{ json: received, binary: { data } }] });
		expect(await arrived()).toMatchObject({ view: { contentType: expect.stringContaining('application/xml') }, content: '<ack/>' });
	});

	test('makes a local ID of its own where the message had none', async () => {
		const [item] = await world.output(reply(), { items: [{ json: { ...received, localId: undefined } }] });
		expect(item?.json.localId).toMatch(/^[0-9a-f-]{36}$/);
	});

	test('does not reply to an acknowledgement, because two systems doing that would never stop', async () => {
		const error = errorOf(await world.run(reply(), { items: [{ json: { ...received, workflowId: 'TEST_WORKFLOW_ACK' } }] }));
		expect(error.message).toMatch(/itself an acknowledgement/);
		expect(world.sandbox.requests).toHaveLength(0);
	});

	test('replies to an acknowledgement where the option says so for the item, and warns', async () => {
		const items = [
			{ json: { ...received, workflowId: 'ITK_ACK', answer: true } },
			{ json: { ...received, workflowId: 'OTHER_ACK', answer: false } },
		];
		const run = await world.run(reply({ options: { replyToAcknowledgement: '={{ $json.answer }}' } }), {
			items,
			node: { onError: 'continueRegularOutput' },
		});
		expect(world.sandbox.messagesTo('X26ABC2').map(({ workflowId }) => workflowId)).toEqual(['ITK_ACK_ACK']);
		const [nodeRun] = run.data.resultData.runData.MESH ?? [];
		expect(nodeRun?.data?.main[0]?.map(({ json }) => json)).toMatchObject([
			{ workflowId: 'ITK_ACK_ACK' },
			{
				error: {
					message: expect.stringMatching(/itself an acknowledgement/),
					description: expect.stringMatching(/Reply to Acknowledgement/),
				},
			},
		]);
		expect(nodeRun?.hints).toEqual([expect.objectContaining({ type: 'warning', message: expect.stringMatching(/never stop/) })]);
	});

	test.each(['', ' ', '={{ null }}'])(
		'refuses the empty suffix %j, with which it could not tell a reply from what it answers',
		async (workflowIdSuffix) => {
			const error = errorOf(await world.run(reply({ options: { workflowIdSuffix } }), { items: [{ json: received }] }));
			expect(error).toMatchObject({ message: 'Workflow ID Suffix is empty', description: expect.stringMatching(/_ACK/) });
			expect(world.sandbox.requests).toHaveLength(0);
		},
	);

	test('does not reply to a message that ends with the chosen suffix', async () => {
		const error = errorOf(
			await world.run(reply({ options: { workflowIdSuffix: '_RESPONSE' } }), {
				items: [{ json: { ...received, workflowId: 'W_RESPONSE' } }],
			}),
		);
		expect(error.message).toMatch(/itself an acknowledgement/);
	});

	test('does not reply to a report, which has no sender', async () => {
		const messageId = await world.sandbox.putReport({ to: 'X26ABC1', workflowId: 'TEST_WORKFLOW' });
		expect(errorOf(await world.run(reply({ replyTo: 'messageId', messageId }))).message).toMatch(/no sender/);
		expect(errorOf(await world.run(reply(), { items: [{ json: { ...received, from: undefined } }] }))).toMatchObject({
			message: 'Sender is missing',
			description: expect.stringMatching(/^Reports .*isReport/),
			context: { data: { parameter: 'from' } },
		});
		expect(world.sandbox.messagesTo('X26ABC2')).toHaveLength(0);
	});
});

describe('Acknowledge behind Send or Reply, with the defaults of the editor', () => {
	const items = async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', from: 'X26ABC2', workflowId: 'TEST_WORKFLOW', content: 'a result' });
		return { messageId, items: [{ json: { ...received, messageId } }] };
	};
	const behind = async (first: IDataObject, input: Awaited<ReturnType<typeof items>>['items']) => {
		const nodes = [makeNode('First', MESH, first), makeNode('Acknowledge', MESH, { resource: 'message', operation: 'acknowledge' })];
		return await execute(
			makeWorkflow({ types: { [MESH]: new Mesh() }, nodes, connections: [['First', 'Acknowledge']], credentials: world.credentials }),
			{ start: 'First', items: input },
		);
	};

	test.each<[string, IDataObject]>([
		['Reply', reply()],
		['Reply by the message ID', reply({ replyTo: 'messageId' })],
		[
			'Send, which passes the message on',
			{ resource: 'message', operation: 'send', to: 'X26ABC3', workflowId: 'W', contentFrom: 'text', text: 'x', options: {} },
		],
		[
			'Send without Simplify',
			{
				resource: 'message',
				operation: 'send',
				to: 'X26ABC3',
				workflowId: 'W',
				contentFrom: 'text',
				text: 'x',
				simplify: false,
				options: {},
			},
		],
	])('%s: the received message is acknowledged, not the one just sent', async (_what, first) => {
		const { messageId, items: input } = await items();
		const run = await behind(first, input);
		expect(run.data.resultData.error).toBeUndefined();
		expect(outputOf(run, 'First')[0]?.json.receivedMessageId).toBe(messageId);
		expect(outputOf(run, 'Acknowledge')[0]?.json).toEqual({ messageId, acknowledged: true });
		expect(world.sandbox.inbox('X26ABC1')).toEqual([]);
	});

	test('what was only sent has no received message', async () => {
		const [item] = await world.output(
			{ resource: 'message', operation: 'send', to: 'X26ABC3', workflowId: 'W', contentFrom: 'text', text: 'x', options: {} },
			{ items: [{ json: { messageId: 'SENT', to: 'X26ABC2' } }] },
		);
		expect(item?.json).not.toHaveProperty('receivedMessageId');
	});
});

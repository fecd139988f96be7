import { createHash, randomBytes } from 'node:crypto';
import type { IDataObject, IExecuteFunctions, INode, INodeExecutionData, INodeType, NodeApiError } from 'n8n-workflow';
import { MeshTrigger } from '../../nodes/Mesh/MeshTrigger.node';
import { errorOf, execute, makeNode, makeWorkflow, outputOf, readBinary, sandboxCredential, type ExecuteOptions } from '../engine';
import { quiet, startTriggerWorld, until, type TriggerWorld } from './host';

const TRIGGER = 'n8n-nodes-nhs-mesh.meshTrigger';

describe('collecting a message in its execution', () => {
	let world: TriggerWorld;
	beforeAll(async () => {
		world = await startTriggerWorld();
	});
	beforeEach(async () => {
		await world.sandbox.reset();
		world.calls();
	});
	afterAll(async () => await world.close());

	const inbox = () => world.sandbox.inbox('X26ABC1');
	const handedOver = (...messageIds: string[]): INodeExecutionData[] =>
		messageIds.map((messageId) => ({ json: { messageId, deliveryAttempt: 2 } }));

	async function collect(
		items: INodeExecutionData[] | undefined,
		parameters: IDataObject = {},
		more: Partial<ExecuteOptions> = {},
		node: Partial<INode> = {},
	) {
		const types: Record<string, INodeType> = { [TRIGGER]: new MeshTrigger() };
		const workflow = makeWorkflow({
			types,
			nodes: [makeNode('MESH', TRIGGER, parameters, node)],
			credentials: { meshApi: sandboxCredential(world.sandbox) },
		});
		return await execute(workflow, { start: 'MESH', items, mode: 'trigger', ...more });
	}

	test('puts a message with its content on the first output, with the attempt and a paired item', async () => {
		const content = Buffer.from(Array.from({ length: 70_000 }, (_, n) => n % 251));
		const messageId = await world.sandbox.putMessage({
			to: 'X26ABC1',
			from: 'X26ABC2',
			content: [content.subarray(0, 30_000), content.subarray(30_000)],
			gzip: true,
			workflowId: 'GP_LETTER',
			subject: 'Letter',
			localId: 'L1',
			fileName: '../letter.pdf',
			contentType: 'application/pdf',
		});
		const run = await collect(handedOver(messageId));
		const [item] = outputOf(run, 'MESH');
		expect(item?.json).toMatchObject({
			messageId,
			isReport: false,
			from: 'X26ABC2',
			workflowId: 'GP_LETTER',
			subject: 'Letter',
			localId: 'L1',
			fileName: 'letter.pdf',
			bytes: content.length,
			deliveryAttempt: 2,
		});
		expect(item?.pairedItem).toEqual({ item: 0 });
		expect(item?.binary?.data).toMatchObject({ fileName: 'letter.pdf', mimeType: 'application/pdf' });
		expect(
			createHash('sha256')
				.update(await readBinary(item?.binary?.data))
				.digest('hex'),
		).toBe(createHash('sha256').update(content).digest('hex'));
		expect(outputOf(run, 'MESH', 1)).toEqual([]);
		expect(inbox()).toEqual([messageId]);
	});

	test('gives all that MESH said about the message when Simplify is off', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x', fileName: '../letter.pdf' });
		const [simple] = outputOf(await collect(handedOver(messageId)), 'MESH');
		const [item] = outputOf(await collect(handedOver(messageId), { simplify: false }), 'MESH');
		expect(item?.json).toMatchObject({
			...simple?.json,
			messageType: 'DATA',
			chunkCount: 1,
			transmittedBytes: expect.any(Number),
			statusSuccess: true,
			fileNameAsReceived: '../letter.pdf',
			to: 'X26ABC1',
			receivedAt: expect.stringMatching(/^\d{4}-.*Z$/),
			deliveryAttempt: 2,
		});
		expect(Object.keys(simple?.json ?? {})).not.toContain('messageType');
	});

	test('puts a report on the second output, where an empty file cannot be mistaken for one', async () => {
		const reportId = await world.sandbox.putReport({ to: 'X26ABC1', linkedMessageId: 'FAILED1', workflowId: 'GP_LETTER', code: '14' });
		const run = await collect(handedOver(reportId));
		expect(outputOf(run, 'MESH')).toEqual([]);
		const [report] = outputOf(run, 'MESH', 1);
		expect(report?.json).toMatchObject({
			messageId: reportId,
			isReport: true,
			linkedMessageId: 'FAILED1',
			statusCode: '14',
			deliveryAttempt: 2,
		});
		expect(report?.binary).toBeUndefined();
		expect(report?.pairedItem).toEqual({ item: 0 });
	});

	test('keeps the order of several messages and pairs each with its own item', async () => {
		const first = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'one' });
		const report = await world.sandbox.putReport({ to: 'X26ABC1' });
		const third = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'three' });
		const run = await collect(handedOver(first, report, third), { outputAs: 'text' });
		expect(outputOf(run, 'MESH').map(({ json, pairedItem }) => [json.content, pairedItem])).toEqual([
			['one', { item: 0 }],
			['three', { item: 2 }],
		]);
		expect(outputOf(run, 'MESH', 1).map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }]);
	});

	test('gives the content as parsed JSON where wanted', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: '{"a":[1,2]}' });
		const [item] = outputOf(await collect(handedOver(messageId), { outputAs: 'json' }), 'MESH');
		expect(item?.json.content).toEqual({ a: [1, 2] });
		expect(item?.binary).toBeUndefined();
	});

	test('uses the name of the binary field that is set', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		const [item] = outputOf(await collect(handedOver(messageId), { binaryPropertyName: 'letter' }), 'MESH');
		expect(Object.keys(item?.binary ?? {})).toEqual(['letter']);
	});

	test('ends with no item, not with a failure, when the message has left the inbox meanwhile', async () => {
		await world.sandbox.putMessage({ to: 'X26ABC1', content: 'another' });
		const gone = await collect(handedOver('20200101000000000000_ABCDEF'));
		expect([gone.status, outputOf(gone, 'MESH'), outputOf(gone, 'MESH', 1)]).toEqual(['success', [], []]);
	});

	test.each([404, 410])(
		'fails when a download is answered with %d but the inbox lists the message still: it would be acknowledged unseen',
		async (status) => {
			const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
			world.sandbox.arm({ call: 'download', fault: { kind: 'status', status } });
			const run = await collect(handedOver(messageId), { acknowledge: 'immediatelyAfterDownload' });
			expect([run.status, (errorOf(run) as NodeApiError).httpCode]).toEqual(['error', String(status)]);
			expect(inbox()).toEqual([messageId]);
		},
	);

	test('fails when it cannot be told whether the message has left the inbox', async () => {
		world.sandbox.arm({ call: 'list', times: 9, fault: { kind: 'status', status: 403 } });
		const run = await collect(handedOver('20200101000000000000_ABCDEF'));
		expect([run.status, (errorOf(run) as NodeApiError).httpCode]).toEqual(['error', '403']);
	});

	test('lists the inbox once for all messages of an execution that are gone', async () => {
		world.calls();
		await collect(handedOver('20200101000000000000_ABCDE1', '20200101000000000000_ABCDE2', '20200101000000000000_ABCDE3'));
		expect(world.calls().filter((call) => call === 'list')).toHaveLength(1);
	});

	test('fails, without a request, when the credential is that of another mailbox than the message was found in', async () => {
		const run = await collect([{ json: { messageId: '20200101000000000000_ABCDEF', deliveryAttempt: 1, mailboxId: 'X26ABC2' } }]);
		expect(errorOf(run)).toMatchObject({
			message: 'The message is in mailbox X26ABC2, and the credential is now that of X26ABC1',
			description: expect.stringContaining('stays in its inbox'),
		});
		expect(world.calls()).toEqual([]);
	});

	test('fails, with the message still in the inbox, when it is larger than allowed', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: Buffer.alloc(20_000) });
		const run = await collect(handedOver(messageId), { options: { maximumSize: 0.01 }, acknowledge: 'immediatelyAfterDownload' });
		expect(errorOf(run).message).toMatch(/larger than/);
		expect(inbox()).toEqual([messageId]);
	});

	test('fails on a checksum that does not match, or only reports it, as set', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x', checksum: `sha256:${'0'.repeat(64)}` });
		expect(errorOf(await collect(handedOver(messageId))).message).toMatch(/checksum/);
		const [item] = outputOf(await collect(handedOver(messageId), { options: { verifyChecksum: 'report' } }), 'MESH');
		expect(item?.json.checksumStatus).toBe('mismatch');
	});

	test('stops its transfer within a moment when the execution is stopped, and acknowledges nothing', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: randomBytes(200_000) });
		world.sandbox.arm({ call: 'download', fault: { kind: 'stall', where: 'inResponseBody', afterBytes: 1_000 } });
		const stop = new AbortController();
		const running = collect(handedOver(messageId), { acknowledge: 'immediatelyAfterDownload' }, { cancel: stop.signal });
		await until(() => world.sandbox.requests.some(({ call }) => call === 'download'), 'the download');
		await quiet(); // the first bytes are there, the rest never comes
		stop.abort();
		const run = await running; // MESH is silent still: only the signal can have ended the node
		expect([run.status, errorOf(run).message]).toEqual(['canceled', 'The execution was canceled']);
		expect(inbox()).toEqual([messageId]);
		expect(world.calls()).not.toContain('acknowledge');
	});

	test('explains a failure on the item it belongs to', async () => {
		const [first, second] = [
			await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' }),
			await world.sandbox.putMessage({ to: 'X26ABC1', content: 'y' }),
		];
		world.sandbox.arm({ call: 'download', path: second, times: 9, fault: { kind: 'emptyForbidden' } });
		const error = errorOf(await collect(handedOver(first, second)));
		expect(error).toMatchObject({ httpCode: '403', description: expect.stringContaining('403'), context: { itemIndex: 1 } });
	});

	describe.each(['manual', 'cli'] as const)('in a test run (%s)', (mode) => {
		test.each(['whenWorkflowSucceeds', 'immediatelyAfterDownload'])(
			'takes the oldest message and leaves it in the inbox, with Acknowledge = %s',
			async (acknowledge) => {
				const oldest = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'old' });
				await world.sandbox.putMessage({ to: 'X26ABC1', content: 'new' });
				const run = await collect(undefined, { acknowledge, outputAs: 'text' }, { mode });
				expect(outputOf(run, 'MESH').map(({ json }) => [json.messageId, json.content])).toEqual([[oldest, 'old']]);
				expect(inbox()).toHaveLength(2);
				expect(world.calls()).toEqual(['list', 'download']);
			},
		);
	});

	test('never acknowledges in a test run, even when the item names a message', async () => {
		const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' });
		const run = await collect(handedOver(messageId), { acknowledge: 'immediatelyAfterDownload' }, { mode: 'manual' });
		expect(outputOf(run, 'MESH')).toHaveLength(1);
		expect(inbox()).toEqual([messageId]);
	});

	test('takes a sample that passes the workflow filter', async () => {
		await world.sandbox.putMessage({ to: 'X26ABC1', content: 'a', workflowId: 'OTHER' });
		const wanted = await world.sandbox.putMessage({ to: 'X26ABC1', content: 'b', workflowId: 'GP_LETTER' });
		const run = await collect(undefined, { workflowFilterMode: 'contains', workflowFilterText: 'LETTER' }, { mode: 'manual' });
		expect(outputOf(run, 'MESH').map(({ json }) => json.messageId)).toEqual([wanted]);
	});

	test.each([
		[{}, /inbox is empty/],
		[{ workflowFilterMode: 'equals', workflowFilterText: 'ABC' }, /passes the workflow filter/],
	])('says what to do when there is nothing to take (%j)', async (parameters, text) => {
		const run = await collect(undefined, parameters, { mode: 'manual' });
		expect(run.status).toBe('success');
		expect(run.data.resultData.runData.MESH?.[0]?.hints).toEqual([expect.objectContaining({ message: expect.stringMatching(text) })]);
	});

	test('says once for all messages how much came, if it was in several chunks', async () => {
		const large = [
			await world.sandbox.putMessage({ to: 'X26ABC1', content: ['one', 'two', 'three'] }),
			await world.sandbox.putMessage({ to: 'X26ABC1', content: 'four' }),
		];
		const hints = async (...ids: string[]) => (await collect(handedOver(...ids))).data.resultData.runData.MESH?.[0]?.hints;
		expect(await hints(...large)).toEqual([{ message: 'Received 2 messages in 4 chunks: 15 bytes', location: 'outputPane', type: 'info' }]);
		expect(
			await hints(await world.sandbox.putMessage({ to: 'X26ABC1', content: 'x' }), await world.sandbox.putReport({ to: 'X26ABC1' })),
		).toEqual([]);
	});

	test('works in a host that has no hints', async () => {
		const trigger = new MeshTrigger();
		const original = trigger.execute;
		trigger.execute = async function execute(this: IExecuteFunctions) {
			return await original.call(Object.assign(Object.create(this), { addExecutionHints: undefined }));
		};
		const workflow = makeWorkflow({
			types: { [TRIGGER]: trigger },
			nodes: [makeNode('MESH', TRIGGER)],
			credentials: { meshApi: sandboxCredential(world.sandbox) },
		});
		expect((await execute(workflow, { start: 'MESH' })).status).toBe('success');
	});
});

describe('the trigger node', () => {
	const { description } = new MeshTrigger();

	test('is a polling trigger with two named outputs and a mailbox', () => {
		expect(description).toMatchObject({
			name: 'meshTrigger',
			displayName: 'NHS MESH Trigger',
			group: ['trigger'],
			polling: true,
			inputs: [],
			outputs: ['main', 'main'],
			outputNames: ['Messages', 'Reports'],
			credentials: [{ name: 'meshApi', required: true }],
		});
	});

	test.each([
		['whenWorkflowSucceeds', 'acknowledge on success'],
		['whenWorkflowFinishes', 'acknowledge at the end'],
		['immediatelyAfterDownload', 'acknowledge at once'],
		['later', 'acknowledge later'],
	])('shows %s on the canvas as "%s"', (acknowledge, subtitle) => {
		const { workflow } = makeWorkflow({ types: { [TRIGGER]: new MeshTrigger() }, nodes: [makeNode('MESH', TRIGGER, { acknowledge })] });
		expect(workflow.expression.getSimpleParameterValue(workflow.getNode('MESH') as INode, description.subtitle, 'internal', {})).toBe(
			subtitle,
		);
	});

	test('says under each way to acknowledge what can happen', () => {
		const acknowledge = description.properties.find(({ name }) => name === 'acknowledge');
		expect(
			acknowledge?.options
				?.map((option) => ('description' in option ? (option.description ?? '').length : 0))
				.every((length) => length > 60),
		).toBe(true);
	});
});

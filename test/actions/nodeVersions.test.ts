import type { IDataObject } from 'n8n-workflow';
import { MeshTrigger } from '../../nodes/Mesh/MeshTrigger.node';
import { errorOf, execute, makeNode, makeWorkflow, outputOf } from '../engine';
import { startWorld, type World } from './world';

const TRIGGER = 'n8n-nodes-nhs-mesh.meshTrigger';
let world: World;
beforeAll(async () => {
	world = await startWorld();
});
afterEach(async () => await world.sandbox.reset());
afterAll(async () => await world.close());

const put = async (more: IDataObject = {}) =>
	await world.sandbox.putMessage({ to: 'X26ABC1', from: 'X26ABC2', workflowId: 'W', subject: 'S', localId: 'L', content: 'x', ...more });
const names = (json: IDataObject | undefined) => Object.keys(json ?? {});
const message = (operation: string, more: IDataObject) => ({ resource: 'message', operation, ...more });

async function trigger(typeVersion: number, more: IDataObject = {}): Promise<IDataObject> {
	const node = makeNode('Trigger', TRIGGER, { outputAs: 'binary', reports: 'output', ...more }, { typeVersion });
	const workflow = makeWorkflow({ types: { [TRIGGER]: new MeshTrigger() }, nodes: [node], credentials: world.credentials });
	const run = await execute(workflow, {
		start: 'Trigger',
		items: [{ json: { messageId: await put({ fileName: 'f.txt' }) } }],
		mode: 'trigger',
	});
	return outputOf(run, 'Trigger')[0]?.json ?? {};
}

/** One of each operation whose output has changed, simplified, with what a workflow of either version reads of it. */
async function outputs(typeVersion: number): Promise<Record<string, string[]>> {
	const one = async (parameters: IDataObject) => names((await world.output(parameters, { node: { typeVersion } }))[0]?.json);
	const send = message('send', { to: 'X26ABC2', workflowId: 'W', contentFrom: 'text', text: 'x' });
	const sent = (await world.output(send, { node: { typeVersion } }))[0]?.json ?? {};
	return {
		trigger: names(await trigger(typeVersion)),
		download: await one(message('download', { messageId: await put({ fileName: 'f.txt' }), outputAs: 'binary' })),
		getHeaders: await one(message('getHeaders', { messageId: await put({ fileName: 'f.txt' }) })),
		send: names(sent),
		track: await one(message('track', { trackBy: 'messageId', messageId: sent.messageId })),
	};
}

describe('a workflow that was saved with version 1', () => {
	test('puts out what it did before', async () => {
		expect(await outputs(1)).toEqual({
			trigger: [
				'messageId',
				'isReport',
				'from',
				'workflowId',
				'subject',
				'localId',
				'fileName',
				'bytes',
				'checksumStatus',
				'deliveryAttempt',
			],
			download: ['messageId', 'isReport', 'from', 'workflowId', 'subject', 'localId', 'fileName', 'bytes', 'checksumStatus'],
			getHeaders: ['messageId', 'isReport', 'from', 'to', 'workflowId', 'subject', 'localId', 'fileName', 'contentType', 'statusTimestamp'],
			send: ['messageId', 'localId', 'to', 'workflowId', 'bytes', 'chunkCount', 'settledByTracking'],
			track: [
				'messageId',
				'status',
				'localId',
				'workflowId',
				'recipient',
				'uploadTimestamp',
				'expiryTime',
				'statusCode',
				'statusDescription',
			],
		});
	});

	test('has its subject, local ID and file name among the options, and options that are gone do not disturb it', async () => {
		const options = { subject: 'S', localId: 'L', fileName: 'f.txt', partnerId: 'P', maximumChunks: 3, maximumCompressionRatio: 2 };
		await world.output(message('send', { to: 'X26ABC2', workflowId: 'W', contentFrom: 'text', text: 'x', options }));
		expect(world.sandbox.messagesTo('X26ABC2')[0]).toMatchObject({ subject: 'S', localId: 'L', fileName: 'f.txt', partnerId: 'P' });
		const gone = { maximumChunks: 1, maximumCompressionRatio: 1 };
		const [item] = await world.output(
			message('download', { messageId: await put({ content: ['a', 'b'] }), outputAs: 'text', options: gone }),
		);
		expect(item?.json.content).toBe('ab');
		expect(await trigger(1, { options: gone })).toMatchObject({ workflowId: 'W' });
	});

	test('replies under the workflow ID of the message with the suffix', async () => {
		const received = { messageId: 'M', from: 'X26ABC2', workflowId: 'W' };
		await world.output(message('reply', { contentFrom: 'text', text: 'x', options: { workflowIdSuffix: '_OK' } }), {
			items: [{ json: received }],
		});
		expect(world.sandbox.messagesTo('X26ABC2')[0]?.workflowId).toBe('W_OK');
	});
});

describe('a workflow of version 1.1', () => {
	const node = { typeVersion: 1.1 };

	test('has one name for each fact, and the times', async () => {
		const all = await outputs(1.1);
		expect(all).toEqual({
			trigger: ['messageId', 'from', 'workflowId', 'subject', 'localId', 'sentAt', 'fileName', 'receivedAt', 'bytes', 'deliveryAttempt'],
			download: ['messageId', 'isReport', 'from', 'workflowId', 'subject', 'localId', 'sentAt', 'fileName', 'receivedAt', 'bytes'],
			getHeaders: ['messageId', 'isReport', 'from', 'to', 'workflowId', 'subject', 'localId', 'sentAt', 'fileName', 'contentType'],
			send: ['messageId', 'localId', 'to', 'workflowId', 'bytes'],
			track: ['messageId', 'status', 'localId', 'workflowId', 'to', 'sentAt', 'expiryTime', 'statusCode', 'statusDescription'],
		});
	});

	test.each([false, true])('gives the same times whatever the operation (simplified: %s)', async (simplify) => {
		const sent = (await world.output(message('send', { to: 'X26ABC1', workflowId: 'W', contentFrom: 'text', text: 'x' }), { node }))[0]
			?.json;
		const times = await Promise.all(
			[
				message('getHeaders', { simplify }),
				message('track', { trackBy: 'messageId', simplify }),
				message('download', { outputAs: 'text', simplify }),
			].map(async (parameters) => (await world.output({ ...parameters, messageId: sent?.messageId }, { node }))[0]?.json.sentAt),
		);
		expect(times[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
		// MESH gives whole seconds in one place and more in another.
		expect(new Set(times.map((time) => String(time).slice(0, 19))).size).toBe(1);
	});

	test('has its subject, local ID and partner ID in Message Details, and a file name for text, too', async () => {
		const details = { subject: 'S', localId: 'L', partnerId: 'P' };
		await world.output(
			message('send', {
				to: 'X26ABC2',
				workflowId: 'W',
				contentFrom: 'text',
				text: 'x',
				fileNameFrom: 'custom',
				customFileName: 'f.txt',
				messageDetails: details,
			}),
			{ node },
		);
		expect(world.sandbox.messagesTo('X26ABC2')[0]).toMatchObject({ ...details, fileName: 'f.txt' });
	});

	describe('replies under the workflow ID that the field shows', () => {
		const reply = async (parameters: IDataObject) =>
			await world.run(message('reply', { contentFrom: 'text', text: 'x', ...parameters }), {
				items: [{ json: { messageId: 'M', from: 'X26ABC2', workflowId: 'W' } }],
				node,
			});
		const workflowIds = () => world.sandbox.messagesTo('X26ABC2').map(({ workflowId }) => workflowId);

		test.each<[string, IDataObject, string]>([
			['the usual suffix', {}, 'W_ACK'],
			['another suffix', { options: { workflowIdSuffix: '_OK' } }, 'W_OK'],
			['one of your own', { replyWorkflowId: 'MINE' }, 'MINE'],
		])('%s', async (_what, parameters, expected) => {
			await reply(parameters);
			expect(workflowIds()).toEqual([expected]);
		});

		test('never under that of the message itself', async () => {
			expect(errorOf(await reply({ replyWorkflowId: '={{ $json.workflowId }}' })).message).toBe(
				'The reply has the workflow ID of the message that it answers',
			);
			expect(workflowIds()).toEqual([]);
		});
	});
});

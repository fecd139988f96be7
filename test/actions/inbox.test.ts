import type { IDataObject } from 'n8n-workflow';
import { errorOf } from '../engine';
import { type World, useWorld } from './world';

let world: World;
useWorld((started) => (world = started));

const message = (operation: string, more: IDataObject = {}): IDataObject => ({ resource: 'message', operation, ...more });
const put = async (workflowId = 'TEST_WORKFLOW') => await world.sandbox.putMessage({ to: 'X26ABC1', content: 'hello', workflowId });
const putMany = async (count: number, workflowId?: string) => {
	const ids: string[] = [];
	for (let i = 0; i < count; i++) ids.push(await put(workflowId));
	return ids;
};

describe('Message: Get Many', () => {
	const getMany = (more: IDataObject = {}) => message('getMany', { returnAll: true, workflowFilterMode: 'none', ...more });

	test('lists all messages, oldest first, one item each', async () => {
		const ids = await putMany(3);
		const output = await world.output(getMany());
		expect(output.map(({ json, pairedItem }) => [json, pairedItem])).toEqual(ids.map((messageId) => [{ messageId }, { item: 0 }]));
	});

	test('puts out the headers of each as well, if chosen, and leaves all in the inbox', async () => {
		const ids = await putMany(12, 'RED');
		const report = await world.sandbox.putReport({ to: 'X26ABC1', workflowId: 'RED' });
		world.sandbox.arm({ call: 'head', path: undefined, skip: 3, fault: { kind: 'status', status: 410 } } as never);
		const output = await world.output(getMany({ includeHeaders: true }));
		expect(output.map(({ json }) => json.messageId)).toEqual([...ids, report]);
		const headed = output.filter(({ json }) => json.workflowId === 'RED');
		expect(headed).toHaveLength(12); // one left the inbox between the list and the question
		expect(headed[0]?.json).toMatchObject({ isReport: false, from: 'X26ABC2', statusTimestamp: expect.stringMatching(/Z$/) });
		expect(output.at(-1)?.json).toMatchObject({ isReport: true });
		expect(world.sandbox.inbox('X26ABC1')).toHaveLength(13);
	});

	test('follows all pages', async () => {
		const ids = await putMany(25);
		const output = await world.output(getMany({ returnAll: false, limit: 23 }));
		expect(output.map(({ json }) => json.messageId)).toEqual(ids.slice(0, 23));
	});

	test('asks for no more pages than the limit needs', async () => {
		await putMany(25);
		expect(await world.output(getMany({ returnAll: false, limit: 3 }))).toHaveLength(3);
		expect(world.sandbox.requests.filter(({ call }) => call === 'list').map(({ query }) => String(query))).toHaveLength(1);
	});

	test.each([
		['equals', 'RED', ['RED']],
		['beginsWith', 'RED', ['RED', 'RED_ACK']],
		['contains', '_ACK', ['RED_ACK', 'BLUE_ACK']],
		['doesNotEqual', 'RED', ['RED_ACK', 'BLUE_ACK']],
		['doesNotBeginWith', 'RED', ['BLUE_ACK']],
		['doesNotContain', '_ACK', ['RED']],
	])('filters by workflow ID: %s %s', async (workflowFilterMode, workflowFilterText, expected) => {
		const byWorkflow = new Map<unknown, string>();
		for (const workflowId of ['RED', 'RED_ACK', 'BLUE_ACK']) byWorkflow.set(await put(workflowId), workflowId);
		const output = await world.output(getMany({ workflowFilterMode, workflowFilterText }));
		expect(output.map(({ json }) => byWorkflow.get(json.messageId))).toEqual(expected);
	});

	test.each([
		[{ workflowFilterMode: 'equals', workflowFilterText: 'A*' }, 'MESH would read the star as a pattern'],
		[{ workflowFilterMode: 'equals', workflowFilterText: '={{ "" }}' }, 'there is nothing to compare with'],
		[{ returnAll: false, limit: 0 }, 'a limit is at least 1'],
	])('%j is refused before MESH is asked: %s', async (...[more]) => {
		expect(errorOf(await world.run(getMany(more))).description).toMatch(/\w/);
		expect(world.sandbox.requests).toHaveLength(0);
	});

	test('an empty inbox gives no items', async () => {
		expect(await world.output(getMany())).toEqual([]);
	});
});

describe('Message: Get Headers', () => {
	test('gives the headers flat, without downloading or acknowledging', async () => {
		const messageId = await world.sandbox.putMessage({
			to: 'X26ABC1',
			from: 'X26ABC3',
			content: ['a', 'b'],
			fileName: 'f.txt',
			subject: 'S',
		});
		const [item] = await world.output(message('getHeaders', { messageId, simplify: false }));
		expect(item?.json).toMatchObject({
			messageId,
			messageType: 'DATA',
			isReport: false,
			from: 'X26ABC3',
			fileName: 'f.txt',
			subject: 'S',
			chunkCount: 2,
			contentEncrypted: false,
		});
		expect(world.sandbox.requests.map(({ call }) => call)).toEqual(['head']);
		expect(world.sandbox.message(messageId)?.status).toBe('accepted');
	});

	test('simplified, as is the default, it has the ten fields that workflows look at', async () => {
		const messageId = await world.sandbox.putMessage({
			to: 'X26ABC1',
			from: 'X26ABC3',
			content: 'a',
			fileName: 'f.txt',
			subject: 'S',
			localId: 'L',
		});
		const [item] = await world.output(message('getHeaders', { messageId }));
		expect(item?.json).toMatchObject({ messageId, isReport: false, from: 'X26ABC3', fileName: 'f.txt', subject: 'S', localId: 'L' });
		expect(Object.keys(item?.json ?? {}).length).toBeLessThanOrEqual(10);
	});

	test('an unknown message fails, although MESH gives no body with the answer', async () => {
		expect(errorOf(await world.run(message('getHeaders', { messageId: 'UNKNOWN' })))).toMatchObject({
			name: 'NodeApiError',
			httpCode: '404',
		});
	});
});

describe('Message: Acknowledge', () => {
	test('removes the message from the inbox, and may be repeated', async () => {
		const messageId = await put();
		for (let i = 0; i < 2; i++)
			expect((await world.output(message('acknowledge', { messageId })))[0]?.json).toEqual({ messageId, acknowledged: true });
		expect(world.sandbox.inbox('X26ABC1')).toEqual([]);
	});

	test('works through many items in order', async () => {
		const ids = await putMany(10);
		const output = await world.output(message('acknowledge', { messageId: '={{ $json.messageId }}' }), {
			items: ids.map((messageId) => ({ json: { messageId } })),
		});
		expect(output.map(({ json, pairedItem }) => [json.messageId, pairedItem])).toEqual(ids.map((id, item) => [id, { item }]));
		expect(world.sandbox.inbox('X26ABC1')).toEqual([]);
	});

	test('without a message ID nothing is sent', async () => {
		expect(errorOf(await world.run(message('acknowledge', { messageId: '={{ $json.nothing }}' }))).message).toMatch(/Message ID/);
		expect(world.sandbox.requests).toHaveLength(0);
	});
});

describe('Message: Track', () => {
	const send = async (localId: string) => {
		const [item] = await world.output({
			resource: 'message',
			operation: 'send',
			to: 'X26ABC2',
			workflowId: 'TEST_WORKFLOW',
			contentFrom: 'text',
			text: 'x',
			options: { localId },
		});
		return String(item?.json.messageId);
	};

	test('by message ID: status and times', async () => {
		const messageId = await send('L1');
		const [item] = await world.output(message('track', { trackBy: 'messageId', messageId }));
		expect(item?.json).toMatchObject({ messageId, localId: 'L1', status: 'accepted', recipient: 'X26ABC2', workflowId: 'TEST_WORKFLOW' });
		expect(item?.json.uploadTimestamp).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
		expect(item?.json).not.toHaveProperty('recipientOdsCode');
		expect((await world.output(message('track', { trackBy: 'messageId', messageId, simplify: false })))[0]?.json).toMatchObject({
			...item?.json,
			recipientOdsCode: 'X26',
		});
	});

	test('by local ID: tells whether MESH has one, none or several', async () => {
		const track = async (localId: string) => (await world.output(message('track', { trackBy: 'localId', localId })))[0]?.json;
		const messageId = await send('once');
		await send('twice');
		await send('twice');
		expect(await track('once')).toMatchObject({ localId: 'once', outcome: 'found', messageId, status: 'accepted' });
		expect(await track('twice')).toEqual({ localId: 'twice', outcome: 'several' });
		expect(await track('never')).toEqual({ localId: 'never', outcome: 'none' });
	});

	test('a message of somebody else fails with what to do', async () => {
		const error = errorOf(await world.run(message('track', { trackBy: 'messageId', messageId: 'UNKNOWN' })));
		expect(error).toMatchObject({ httpCode: '404', description: expect.stringMatching(/mailbox/) });
	});
});

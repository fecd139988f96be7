import type { IDataObject } from 'n8n-workflow';
import { startWorld, type World } from './world';

let world: World;
beforeAll(async () => {
	world = await startWorld();
});
afterEach(async () => await world.sandbox.reset());
afterAll(async () => await world.close());

/** What the output pane tells beside the output of a run that succeeds, with as many input items. */
async function hints(parameters: IDataObject, items = 1): Promise<string[]> {
	const run = await world.run(parameters, { items: Array.from({ length: items }, () => ({ json: {} })) });
	expect(run.status).toBe('success');
	return (run.data.resultData.runData.MESH?.at(-1)?.hints ?? []).map(({ message }) => message);
}

const put = async (more: object = {}) =>
	await world.sandbox.putMessage({ to: 'X26ABC1', from: 'X26ABC2', content: 'x', workflowId: 'RED', ...more });
const message = (operation: string, more: IDataObject = {}): IDataObject => ({ resource: 'message', operation, options: {}, ...more });

describe('hints in the output pane', () => {
	test('Get Many: an empty inbox, or a filter that nothing passes; none where there are messages', async () => {
		expect(await hints(message('getMany'))).toEqual([expect.stringMatching(/inbox is empty/)]);
		await put();
		expect(await hints(message('getMany', { workflowFilterMode: 'equals', workflowFilterText: 'red' }))).toEqual([
			expect.stringMatching(/workflow filter.*case/),
		]);
		expect(await hints(message('getMany'))).toEqual([]);
	});

	test('Download: a report has no content, once for all items; none for a message', async () => {
		const messageId = await world.sandbox.putReport({ to: 'X26ABC1' });
		expect(await hints(message('download', { messageId }), 3)).toEqual([expect.stringMatching(/report has no content.*linkedMessageId/)]);
		expect(await hints(message('download', { messageId: await put() }))).toEqual([]);
	});

	test('Track: several messages with the local ID', async () => {
		for (let i = 0; i < 2; i++)
			await world.output(message('send', { to: 'X26ABC2', workflowId: 'W', contentFrom: 'text', text: 'x', options: { localId: 'same' } }));
		expect(await hints(message('track', { trackBy: 'localId', localId: 'same' }))).toEqual([expect.stringMatching(/several messages/)]);
	});

	test.each([
		[{ operation: 'lookUp', odsCode: 'x26', workflowId: 'TEST_WORKFLOW' }, /ODS code and workflow ID.*case/],
		[{ operation: 'search', workflowId: 'test_workflow' }, /this workflow ID.*case/],
	])('Directory: nobody is registered (%j)', async (parameters, text) => {
		expect(await hints({ resource: 'directory', ...parameters })).toEqual([expect.stringMatching(text)]);
		expect(await hints({ resource: 'directory', operation: 'lookUp', odsCode: 'X26', workflowId: 'TEST_WORKFLOW' })).toEqual([]);
	});
});

describe('the usual chain', () => {
	test("Get Many, Download, Get Headers and Acknowledge work on each other's output without a word typed", async () => {
		const messageId = await put();
		let items = await world.output(message('getMany'));
		for (const operation of ['download', 'getHeaders', 'acknowledge']) items = await world.output(message(operation), { items });
		expect(items.map(({ json }) => json)).toEqual([{ messageId, acknowledged: true }]);
		expect(world.sandbox.inbox('X26ABC1')).toEqual([]);
	});

	test('Send and Track do, too', async () => {
		const items = await world.output(message('send', { to: 'X26ABC2', workflowId: 'W', contentFrom: 'text', text: 'x' }));
		expect((await world.output(message('track'), { items }))[0]?.json).toMatchObject({
			messageId: items[0]?.json.messageId,
			status: 'accepted',
		});
	});
});

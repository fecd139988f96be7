import { WorkflowExecute } from 'n8n-core';
import { createRunExecutionData } from 'n8n-workflow';
import type { IDataObject, INode, INodeExecutionData, IRun } from 'n8n-workflow';
import { Mesh } from '../../../nodes/Mesh/Mesh.node';
import { claims } from '../../../nodes/Mesh/client/send/claims';
import type { Fault } from '../../../sandbox';
import { MESH, startWorld, type World } from '../../actions/world';
import { errorOf, makeNode, makeWorkflow, outputOf, makeAdditionalData } from '../../engine';
import { until } from '../../trigger/host';
import { dontWait } from './world';

/** What n8n does with a node that failed: Retry On Fail at once, or somebody's Retry button later. */
describe('Send run again after a try whose outcome is unknown', () => {
	let world: World;
	beforeAll(async () => {
		dontWait();
		world = await startWorld();
	});
	afterEach(async () => {
		await world.sandbox.reset();
		claims.clear();
	});
	afterAll(async () => await world.close());

	const text = '0123456789abcdefghijklmnopqrstuvwxyz';
	const send = (options: IDataObject = {}): IDataObject => ({
		resource: 'message',
		operation: 'send',
		to: 'X26ABC2',
		workflowId: 'W',
		contentFrom: 'text',
		text,
		options: { localId: 'local-1', compression: 'never', ...options },
	});
	const inChunks = { chunkSize: 10 / 1_048_576 };
	const retry = { retryOnFail: true, maxTries: 2, waitBetweenTries: 1 }; // n8n takes 0 for its default, a second
	const requests = (call: string) => world.sandbox.requests.filter((request) => request.call === call).length;
	const delivered = async () =>
		await Promise.all(world.sandbox.inbox('X26ABC2').map(async (id) => String(await world.sandbox.content(id))));
	const unanswered = (kind: 'resetAfterProcessing' | 'resetBeforeProcessing') => world.sandbox.arm({ call: 'send', fault: { kind } });
	/** Tracking fails for the whole of the first try: four looks, of four attempts each where the failure may pass. */
	const trackingFails = (fault: Fault, times: number) => world.sandbox.arm({ call: 'trackLocal', times, fault });

	test('an older message with the same local ID does not pass for the one that was lost', async () => {
		await world.sandbox.putMessage({ from: 'X26ABC1', to: 'X26ABC2', localId: 'local-1', workflowId: 'W', content: 'of last week' });
		world.sandbox.clock.advance(60_000);
		unanswered('resetBeforeProcessing');
		const error = errorOf(await world.run(send(), { node: retry }));
		expect(error.context.data).toMatchObject({ errorCode: 'MESH_SEND_OUTCOME_UNKNOWN', localId: 'local-1' });
		expect(requests('send')).toBe(1);
		expect(await delivered()).toEqual(['of last week']);
	});

	test('a message that MESH took and could not deliver is told as such, not as sent', async () => {
		unanswered('resetAfterProcessing');
		trackingFails({ kind: 'status', status: 403 }, 4);
		world.sandbox.arm({
			call: 'trackLocal',
			fault: {
				kind: 'status',
				status: 200,
				body: JSON.stringify({
					messageId: 'M1',
					dtsId: 'M1',
					localId: 'local-1',
					workflowId: 'W',
					status: 'Undeliverable',
					uploadTimestamp: '20991231235959',
				}),
			},
		});
		const error = errorOf(await world.run(send(), { node: retry }));
		expect(error.message).toMatch(/could not deliver.*undeliverable/);
		expect(error.context.data).toMatchObject({ errorCode: 'MESH_STATUS', messageId: 'M1', localId: 'local-1' });
		expect(requests('send')).toBe(1);
	});

	test('an upload of which MESH has the first chunk goes on behind it, and the recipient gets one whole message', async () => {
		unanswered('resetAfterProcessing');
		trackingFails({ kind: 'status', status: 403 }, 4);
		const run = await world.run(send(inChunks), { node: retry });
		expect(outputOf(run, 'MESH')[0]?.json).toMatchObject({ localId: 'local-1', chunkCount: 4, settledByTracking: true });
		expect(requests('send')).toBe(1);
		expect(await delivered()).toEqual([text]);
	});

	test('a message of which there is no record goes out again only where that is allowed, and under the same local ID', async () => {
		unanswered('resetBeforeProcessing');
		trackingFails({ kind: 'status', status: 403 }, 4);
		expect(errorOf(await world.run(send(), { node: retry })).context.data).toMatchObject({ errorCode: 'MESH_SEND_OUTCOME_UNKNOWN' });
		expect(requests('send')).toBe(1);
		await world.sandbox.reset();
		claims.clear();
		unanswered('resetBeforeProcessing');
		trackingFails({ kind: 'status', status: 403 }, 4);
		await world.run(send({ sendAgainWhenNoRecord: true }), { node: retry });
		expect(requests('send')).toBe(2);
		expect(world.sandbox.messagesTo('X26ABC2').map(({ localId }) => localId)).toEqual(['local-1']);
	});

	test('a send that was stopped before its first answer, and run again with the Retry button, is looked for first', async () => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'lateAnswer', ms: 600_000 } });
		const stop = new AbortController();
		const running = world.run(send(), { cancel: stop.signal });
		await until(() => world.sandbox.inbox('X26ABC2').length === 1, 'the message');
		stop.abort();
		const stopped = await running;
		expect(stopped.status).toBe('canceled');
		const run = await runAgain(stopped);
		expect(outputOf(run, 'MESH')[0]?.json).toMatchObject({ messageId: world.sandbox.inbox('X26ABC2')[0], settledByTracking: true });
		expect(requests('send')).toBe(1);
	});

	/** Something else at each try, as $now gives. */
	const changing = "={{ $now.toMillis() + '-' + Math.random() }}";
	const changingFields = { fileName: changing, subject: changing, localId: changing };
	type Again = (parameters: IDataObject, items?: INodeExecutionData[]) => Promise<IRun>;
	const again: Array<[string, Again]> = [
		['Retry On Fail', async (parameters, items) => await world.run(parameters, { items, node: retry })],
		['the Retry button', async (parameters, items) => await runAgain(await world.run(parameters, { items }), parameters, items)],
	];

	describe.each(again)('with %s, and $now in file name, subject and local ID', (_what, twice) => {
		test('what was sent is not sent again', async () => {
			world.sandbox.arm({ call: 'send', skip: 1, fault: { kind: 'status', status: 417, body: '{}' } });
			const items = [{ json: { to: 'X26ABC2' } }, { json: { to: 'X26ABC3' } }];
			const run = await twice({ ...send(changingFields), to: '={{ $json.to }}' }, items);
			expect(outputOf(run, 'MESH').map(({ json }) => json.messageId)).toEqual([
				...world.sandbox.inbox('X26ABC2'),
				...world.sandbox.inbox('X26ABC3'),
			]);
			expect(requests('send')).toBe(3);
		});

		test('a message in doubt is looked for under the local ID of the first try, and what comes out is what that one said', async () => {
			unanswered('resetAfterProcessing');
			trackingFails({ kind: 'status', status: 403 }, 4);
			const [item] = outputOf(await twice(send(changingFields)), 'MESH');
			const [view] = world.sandbox.messagesTo('X26ABC2');
			expect(requests('send')).toBe(1);
			expect(item?.json).toMatchObject({
				messageId: view?.messageId,
				localId: view?.localId,
				subject: view?.subject,
				fileName: view?.fileName,
			});
		});

		test('an upload that broke off is gone on with', async () => {
			world.sandbox.arm({ call: 'sendChunk', chunk: 3, fault: { kind: 'status', status: 400 } });
			const run = await twice(send({ ...changingFields, ...inChunks }));
			expect(requests('send')).toBe(1);
			expect(await delivered()).toEqual([text]);
			expect(outputOf(run, 'MESH')[0]?.json).toMatchObject({
				messageId: world.sandbox.inbox('X26ABC2')[0],
				fileName: world.sandbox.messagesTo('X26ABC2')[0]?.fileName,
			});
		});

		const otherText = { text: "={{ '0123456789abcdefghij' + Math.random().toFixed(6) }}" };

		test('an upload that broke off does not get chunks of other content', async () => {
			world.sandbox.arm({ call: 'sendChunk', chunk: 2, fault: { kind: 'status', status: 400 } });
			const run = await twice({ ...send({ ...changingFields, ...inChunks }), ...otherText });
			expect(errorOf(run).message).toMatch(/content is not that of the interrupted upload/);
			expect([requests('send'), requests('sendChunk')]).toEqual([1, 1]);
			expect(await delivered()).toEqual([]);
		});

		test('a message in doubt stays in doubt when its content has become another', async () => {
			unanswered('resetAfterProcessing');
			trackingFails({ kind: 'status', status: 403 }, 4);
			const run = await twice({ ...send({ ...changingFields, ...inChunks, sendAgainWhenNoRecord: true }), ...otherText });
			expect(errorOf(run).context.data).toMatchObject({
				errorCode: 'MESH_SEND_OUTCOME_UNKNOWN',
				localId: world.sandbox.messagesTo('X26ABC2')[0]?.localId,
			});
			expect([requests('send'), requests('sendChunk')]).toEqual([1, 0]);
		});
	});

	describe('with the Retry button on one failed execution more than once', () => {
		const items = [{ json: { to: 'X26ABC2' } }, { json: { to: 'X26ABC3' } }];
		const parameters = { ...send(changingFields), to: '={{ $json.to }}' };
		const failed = async () => {
			world.sandbox.arm({ call: 'send', skip: 1, fault: { kind: 'status', status: 417, body: '{}' } });
			return await world.run(parameters, { items });
		};
		const once = () => {
			expect(world.sandbox.messagesTo('X26ABC2')).toHaveLength(1);
			expect(world.sandbox.messagesTo('X26ABC3')).toHaveLength(1);
		};

		test('one after the other: each puts out the messages that exist once', async () => {
			const before = await failed();
			const outputs = [await runAgain(before, parameters, items), await runAgain(before, parameters, items)].map((run) =>
				outputOf(run, 'MESH').map(({ json }) => json.messageId),
			);
			expect(outputs).toEqual(Array(2).fill([...world.sandbox.inbox('X26ABC2'), ...world.sandbox.inbox('X26ABC3')]));
			once();
		});

		test('at the same time: one sends, and the other says so', async () => {
			const before = await failed();
			const runs = await Promise.all([runAgain(before, parameters, items), runAgain(before, parameters, items)]);
			once();
			expect(runs.map(({ status }) => status).sort()).toEqual(['error', 'success']);
			expect(errorOf(runs.find(({ status }) => status === 'error') as IRun).message).toMatch(/Another retry/);
		});
	});

	test.each<[string, Parameters<World['sandbox']['arm']>[0], RegExp]>([
		[
			'what was sent',
			{ call: 'send', skip: 1, fault: { kind: 'status', status: 417, body: '{}' } },
			/sent this item already, to another recipient/,
		],
		[
			'an upload that broke off',
			{ call: 'sendChunk', fault: { kind: 'status', status: 400 } },
			/recipient, the workflow ID or the mailbox is not that of the interrupted upload/,
		],
	])('%s does not go to another recipient when the workflow was changed before the Retry button', async (_what, rule, message) => {
		world.sandbox.arm(rule);
		const items = [{ json: {} }, { json: {} }];
		const failed = await world.run(send(inChunks), { items });
		const before = world.sandbox.requests.length;
		expect(errorOf(await runAgain(failed, { ...send(inChunks), to: 'X26ABC3' }, items)).message).toMatch(message);
		expect(world.sandbox.requests).toHaveLength(before);
	});

	/** The Retry button starts a new execution from the node that failed, with the context that n8n has kept. */
	async function runAgain(before: IRun, parameters = send(), items: INodeExecutionData[] = [{ json: {} }]): Promise<IRun> {
		const workflow = makeWorkflow({
			types: { [MESH]: new Mesh() },
			nodes: [makeNode('MESH', MESH, parameters)],
			credentials: world.credentials,
		});
		const node = workflow.workflow.getNode('MESH') as INode;
		const data = createRunExecutionData({
			executionData: {
				nodeExecutionStack: [{ node, data: { main: [items] }, source: null }],
				contextData: JSON.parse(JSON.stringify(before.data.executionData?.contextData ?? {})) as never,
			},
		});
		return await new WorkflowExecute(makeAdditionalData(workflow, 'retry'), 'retry', data).processRunExecutionData(workflow.workflow);
	}
});

import { WorkflowExecute } from 'n8n-core';
import { createRunExecutionData } from 'n8n-workflow';
import type { IDataObject, INode, IRun } from 'n8n-workflow';
import { Mesh } from '../../../nodes/Mesh/Mesh.node';
import { closeSharedClients } from '../../../nodes/Mesh/client/sharedClients';
import type { Fault } from '../../../sandbox';
import { MESH, startWorld, type World } from '../../actions/world';
import { errorOf, makeNode, makeWorkflow, outputOf } from '../../engine';
import { makeAdditionalData } from '../../engine/additionalData';
import { until } from '../../trigger/host';
import { dontWait } from './impatience';

/** What n8n does with a node that failed: Retry On Fail at once, or somebody's Retry button later. */
describe('Send run again after a try whose outcome is unknown', () => {
	let world: World;
	beforeAll(async () => {
		dontWait({ silenceMs: 120_000 });
		world = await startWorld();
	});
	afterEach(async () => await world.sandbox.reset());
	afterAll(async () => {
		await closeSharedClients();
		await world.close();
	});

	const text = '0123456789abcdefghijklmnopqrstuvwxyz';
	const send = (options: IDataObject = {}): IDataObject => ({
		resource: 'message', operation: 'send', to: 'X26ABC2', workflowId: 'W', contentFrom: 'text', text, options: { localId: 'local-1', compression: 'never', ...options },
	});
	const inChunks = { chunkSize: 10 / 1_048_576 };
	const retry = { retryOnFail: true, maxTries: 2, waitBetweenTries: 0 };
	const requests = (call: string) => world.sandbox.requests.filter((request) => request.call === call).length;
	const delivered = async () => await Promise.all(world.sandbox.inbox('X26ABC2').map(async (id) => String(await world.sandbox.content(id))));
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
		world.sandbox.arm({ call: 'trackLocal', fault: { kind: 'status', status: 200, body: JSON.stringify({ messageId: 'M1', dtsId: 'M1', localId: 'local-1', workflowId: 'W', status: 'Undeliverable', uploadTimestamp: '20991231235959' }) } });
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
		unanswered('resetBeforeProcessing');
		trackingFails({ kind: 'status', status: 403 }, 4);
		await world.run(send({ sendAgainWhenNoRecord: true }), { node: retry });
		expect(requests('send')).toBe(2);
		expect(world.sandbox.messagesTo('X26ABC2').map(({ localId }) => localId)).toEqual(['local-1']);
	});

	test('a send that was stopped before its first answer, and run again with the Retry button, is looked for first', async () => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'lateAnswer', ms: 1_500 } });
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

	/** The Retry button starts a new execution from the node that failed, with the context that n8n has kept. */
	async function runAgain(before: IRun): Promise<IRun> {
		const workflow = makeWorkflow({ types: { [MESH]: new Mesh() }, nodes: [makeNode('MESH', MESH, send())], credentials: world.credentials });
		const node = workflow.workflow.getNode('MESH') as INode;
		const data = createRunExecutionData({
			executionData: { nodeExecutionStack: [{ node, data: { main: [[{ json: {} }]] }, source: null }], contextData: JSON.parse(JSON.stringify(before.data.executionData?.contextData ?? {})) as never },
		});
		return await new WorkflowExecute(makeAdditionalData(workflow, 'retry'), 'retry', data).processRunExecutionData(workflow.workflow);
	}
});

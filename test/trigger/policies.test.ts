import {
	ExecutionCancelledError,
	type ExecutionStatus,
	type IRun,
	ManualExecutionCancelledError,
	SystemShutdownExecutionCancelledError,
	TimeoutExecutionCancelledError,
	createRunExecutionData,
} from 'n8n-workflow';
import { outcomeOf, outcomeOfRejection } from '../../nodes/Mesh/trigger/handOver';
import { MINUTE_MS, type TriggerWorld, until, useTriggerWorld } from './host';

const HOUR_MS = 60 * MINUTE_MS;

describe('when messages are acknowledged', () => {
	let world: TriggerWorld;
	useTriggerWorld((started) => (world = started));

	const put = async () => await world.sandbox.putMessage({ to: 'X26ABC1', content: 'hello' });
	const inbox = () => world.sandbox.inbox('X26ABC1');
	const fails = async () => await Promise.reject(new Error('no'));

	describe('when the workflow finishes', () => {
		const parameters = { acknowledge: 'whenWorkflowFinishes' };

		test('acknowledges although a node after the trigger has failed', async () => {
			await put();
			const host = world.host({ parameters, step: fails });
			await host.activate();
			await until(() => inbox().length === 0, 'the acknowledgement');
		});

		test('does not acknowledge what the trigger could not download, because the workflow never had it', async () => {
			const messageId = await put();
			world.sandbox.arm({ call: 'download', times: 9, fault: { kind: 'emptyForbidden' } });
			const host = world.host({ parameters });
			await host.activate();
			await host.settled();
			expect(inbox()).toEqual([messageId]);
			world.sandbox.clearFaults();
			world.clock.advance(HOUR_MS);
			await host.poll();
			await until(() => inbox().length === 0, 'the acknowledgement');
			expect(host.handedOver.map(({ attempts }) => attempts)).toEqual([[1], [2]]);
		});

		test.each(['canceled', 'crashed'] as const)('does not acknowledge an execution that was %s', async (status) => {
			const messageId = await put();
			const host = world.host({ parameters, runs: false });
			await host.activate();
			host.handedOver[0]?.end(status, 'Step');
			await host.settled();
			expect(inbox()).toEqual([messageId]);
		});
	});

	describe('immediately after download', () => {
		const parameters = { acknowledge: 'immediatelyAfterDownload' };

		test('acknowledges before the next node runs, and does not deliver again when that fails', async () => {
			await put();
			const seen: string[][] = [];
			const host = world.host({
				parameters,
				step: async () => {
					seen.push(inbox());
					return await fails();
				},
			});
			await host.activate();
			await host.settled();
			expect(seen).toEqual([[]]);
			world.clock.advance(HOUR_MS);
			await host.poll();
			world.clock.advance(HOUR_MS);
			await host.poll();
			expect(host.handedOver).toHaveLength(1);
			expect(world.calls().filter((call) => call === 'acknowledge')).toHaveLength(1); // not once more by the poll
		});

		test('does not fail the execution when the acknowledgement fails, and the next poll that still sees the message makes up for it', async () => {
			await put();
			world.sandbox.arm({ call: 'acknowledge', fault: { kind: 'status', status: 500 } });
			const host = world.host({ parameters });
			await host.activate();
			await host.settled();
			expect(inbox()).toHaveLength(1);
			await host.poll();
			await until(() => inbox().length === 0, 'the acknowledgement');
			expect(host.handedOver).toHaveLength(1);
		});

		test('acknowledges none of several messages before all of them are stored', async () => {
			const messageIds = [await put(), await put()];
			world.sandbox.arm({ call: 'download', path: messageIds[1] ?? '', times: 9, fault: { kind: 'emptyForbidden' } });
			const host = world.host({ parameters: { ...parameters, options: { messagesPerExecution: 2 } } });
			await host.activate();
			await host.settled();
			expect(inbox()).toEqual(messageIds);
		});
	});

	describe('later, by the workflow', () => {
		const parameters = { acknowledge: 'later' };

		test('acknowledges nothing, and does not hand over again what waits', async () => {
			const messageId = await put();
			const host = world.host({ parameters });
			await host.activate();
			await host.settled();
			for (let poll = 0; poll < 3; poll++) {
				world.clock.advance(7 * HOUR_MS);
				await host.poll();
			}
			expect(inbox()).toEqual([messageId]);
			expect(host.handedOver).toHaveLength(1);
		});

		test('hands over again after a day, for a workflow that has forgotten it', async () => {
			await put();
			const host = world.host({ parameters });
			await host.activate();
			await host.settled();
			world.clock.advance(24 * HOUR_MS);
			await host.poll();
			expect(host.handedOver.map(({ attempts }) => attempts)).toEqual([[1], [2]]);
		});

		test('never hands over again when the option says so', async () => {
			await put();
			const host = world.host({ parameters: { ...parameters, options: { redeliverAfter: 0 } } });
			await host.activate();
			await host.settled();
			world.clock.advance(100 * HOUR_MS);
			await host.poll();
			expect(host.handedOver).toHaveLength(1);
		});

		test('delivers again after a failed execution, as always', async () => {
			await put();
			const host = world.host({ parameters, step: fails });
			await host.activate();
			await host.settled();
			world.clock.advance(HOUR_MS);
			await host.poll();
			expect(host.handedOver.map(({ attempts }) => attempts)).toEqual([[1], [2]]);
		});
	});
});

const run = (status: ExecutionStatus, lastNodeExecuted?: string): IRun => ({
	status,
	mode: 'trigger',
	startedAt: new Date(0),
	storedAt: 'db',
	data: createRunExecutionData({ resultData: { runData: {}, lastNodeExecuted } }), // as in queue mode: no data of nodes
});

describe('what the end of an execution means', () => {
	test.each<ExecutionStatus>(['success', 'waiting'])(
		'%s is a delivery under every policy, for a sleeping execution is stored with its data',
		(status) => {
			for (const policy of ['whenWorkflowSucceeds', 'whenWorkflowFinishes', 'immediatelyAfterDownload', 'later'] as const) {
				expect(outcomeOf(run(status, 'Set'), policy, 'MESH')).toEqual({ kind: 'delivered' });
			}
		},
	);

	test('an error fails the delivery, and names the node where it ended', () => {
		expect(outcomeOf(run('error', 'Set'), 'whenWorkflowSucceeds', 'MESH')).toEqual({
			kind: 'failed',
			reason: { kind: 'failed', node: 'Set' },
		});
	});

	test('an error after the trigger is a delivery when finishing is enough', () => {
		expect(outcomeOf(run('error', 'Set'), 'whenWorkflowFinishes', 'MESH')).toEqual({ kind: 'delivered' });
	});

	test.each(['MESH', undefined])(
		'an error in or before the trigger (%s) never is, because the workflow has not had the message',
		(node) => {
			expect(outcomeOf(run('error', node), 'whenWorkflowFinishes', 'MESH')).toMatchObject({ kind: 'failed' });
		},
	);

	test.each<[ExecutionStatus, string]>([
		['canceled', 'canceled'],
		['crashed', 'crashed'],
		['unknown', 'crashed'],
		['running', 'crashed'],
	])('%s fails the delivery under every policy', (status, kind) => {
		expect(outcomeOf(run(status, 'Set'), 'whenWorkflowFinishes', 'MESH')).toMatchObject({ kind: 'failed', reason: { kind } });
	});

	test('no run at all means that the execution ended before its first node', () => {
		expect(outcomeOf(undefined, 'whenWorkflowFinishes', 'MESH')).toEqual({ kind: 'failed', reason: { kind: 'failed' } });
	});

	test.each([
		new ManualExecutionCancelledError('1'),
		new TimeoutExecutionCancelledError('1'),
		new SystemShutdownExecutionCancelledError('1'),
		Object.assign(new Error('n8n 1'), { name: ExecutionCancelledError.name }),
	])('a rejection by %p is a stopped execution', (error) => {
		expect(outcomeOfRejection(error)).toEqual({ kind: 'failed', reason: { kind: 'canceled' } });
	});

	test('an execution that n8n no longer finds has ended before its first node: its credential was deleted, or a node type is unknown', () => {
		class ExecutionNotFoundError extends Error {}
		expect(outcomeOfRejection(new ExecutionNotFoundError('No active execution found'))).toEqual({
			kind: 'failed',
			reason: { kind: 'failed' },
		});
	});

	test('any other rejection means that the execution never began, such as when the workflow is no longer active', () => {
		expect(outcomeOfRejection(new Error('Published version not found for workflow'))).toEqual({ kind: 'notStarted' });
	});
});

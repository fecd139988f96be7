import {
	ExecutionCancelledError,
	ManualExecutionCancelledError,
	SystemShutdownExecutionCancelledError,
	TimeoutExecutionCancelledError,
	createRunExecutionData,
	type ExecutionStatus,
	type IRun,
} from 'n8n-workflow';
import { outcomeOf, outcomeOfRejection } from '../../nodes/Mesh/trigger/handOver';

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

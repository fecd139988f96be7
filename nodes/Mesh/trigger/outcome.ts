import type { IRun } from 'n8n-workflow';
import type { AcknowledgePolicy } from './acknowledgePolicy';
import type { Outcome } from './deliveries';

/**
 * What the end of an execution means for its messages. n8n resolves the promise of a hand-over once: also when the
 * execution goes to sleep in a Wait node (`waiting`), by when n8n has stored it with all its data.
 * @param run undefined when n8n did not start the execution
 * @param trigger name of the trigger node
 */
export function outcomeOf(run: IRun | undefined, policy: AcknowledgePolicy, trigger: string): Outcome {
	if (run === undefined) return { kind: 'notStarted' };
	// In queue mode the run holds little more than these; `runData` is empty there.
	const node = run.data?.resultData?.lastNodeExecuted;
	switch (run.status) {
		case 'success':
		case 'waiting':
			return { kind: 'delivered' };
		case 'error': {
			// Ended before or in the trigger node: the workflow has never had the message, so it has not finished with it.
			const collected = node !== undefined && node !== trigger;
			return policy === 'whenWorkflowFinishes' && collected ? { kind: 'delivered' } : { kind: 'failed', reason: { kind: 'failed', node } };
		}
		case 'canceled':
			return { kind: 'failed', reason: { kind: 'canceled', node } };
		default:
			return { kind: 'failed', reason: { kind: 'crashed', node } };
	}
}

/**
 * n8n rejects the promise with a cancellation when an execution is stopped. Every other rejection means that it could not
 * begin: the workflow is no longer active, or n8n has trouble of its own, for which the message is not to blame.
 */
export function outcomeOfRejection(error: unknown): Outcome {
	// By name: n8n and this package may each have their own copy of the class.
	const isCancellation = error instanceof Error && error.name.endsWith('ExecutionCancelledError');
	return isCancellation ? { kind: 'failed', reason: { kind: 'canceled' } } : { kind: 'notStarted' };
}

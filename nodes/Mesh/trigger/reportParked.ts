import { NodeOperationError } from 'n8n-workflow';
import type { INode, IPollFunctions } from 'n8n-workflow';
import { takeReports, type FailureReason, type ParkedMessage } from './deliveries';
import type { Ledger } from './ledger';

/** Tells n8n's error workflow about messages that are out of attempts, once for each. */
export function reportParked(context: IPollFunctions, ledger: Ledger): void {
	const { deliveries, parked } = takeReports(ledger.deliveries);
	ledger.deliveries = deliveries;
	for (const message of parked) context.__emitError(parkedError(context.getNode(), message));
}

function parkedError(node: INode, { messageId, attempts, reason }: ParkedMessage): NodeOperationError {
	const times = attempts === 1 ? 'once' : `${attempts} times`;
	const error = new NodeOperationError(node, `MESH message ${messageId} was handed to the workflow ${times} without success and is parked`, {
		description: `${describeReason(reason)} It stays in the inbox, not acknowledged, and MESH tells its sender when it has not been collected after five days. Other messages go on. To try it again, correct the cause, then deactivate and activate the workflow.`,
	});
	error.context.data = { messageId, attempts, reason: reason.kind, ...(reason.node === undefined ? {} : { lastNode: reason.node }) };
	return error;
}

/** The workflow's own error text is left out: it may quote the message's content. */
function describeReason({ kind, node }: FailureReason): string {
	switch (kind) {
		case 'failed':
			return node === undefined ? 'Last time the execution failed before its first node; see the list of executions.' : `Last time the execution failed in the node "${node}"; see the list of executions.`;
		case 'canceled':
			return 'Last time the execution was stopped before it ended.';
		case 'crashed':
			return 'Last time the process that ran the execution crashed.';
		case 'interrupted':
			return 'Last time n8n itself stopped while the execution ran.';
		case 'overdue':
			return 'Last time n8n reported no end of the execution.';
		case 'notAcknowledged':
			return 'The workflow succeeded but did not acknowledge it in time.';
	}
}

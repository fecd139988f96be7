import type { INodeProperties } from 'n8n-workflow';
import { flat } from '../../transport/itemJson';
import type { OperationCall, OperationItem } from '../operation';
import { requiredText, smallCallsAtOnce } from '../operation';
import { hintNoMailbox, workflowIdField } from './fields';

export const description: INodeProperties[] = [workflowIdField('search')];

export const itemsAtOnce = smallCallsAtOnce;

/** MESH API, "workflow search": all mailboxes that are registered for a workflow. */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	const workflowId = requiredText(call, 'workflowId', 'Workflow ID');
	const entries = await call.client.searchByWorkflow(workflowId, { signal: call.signal });
	hintNoMailbox(call, entries, 'this workflow ID');
	return entries.map(({ mailboxId, mailboxName }) => ({ json: flat({ mailboxId, mailboxName, workflowId }) }));
}

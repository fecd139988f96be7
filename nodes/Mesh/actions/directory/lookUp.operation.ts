import type { INodeProperties } from 'n8n-workflow';
import { flat } from '../../transport/itemJson';
import type { OperationCall, OperationItem } from '../operation';
import { requiredText, smallCallsAtOnce } from '../operation';
import { hintNoMailbox, workflowIdField } from './fields';

export const description: INodeProperties[] = [
	{
		displayName: 'ODS Code',
		name: 'odsCode',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. X26',
		description: 'The code of the organisation in the NHS Organisation Data Service. Upper and lower case matter.',
		displayOptions: { show: { resource: ['directory'], operation: ['lookUp'] } },
	},
	workflowIdField('lookUp'),
];

export const itemsAtOnce = smallCallsAtOnce;

/** MESH API, "endpoint lookup": an organisation may have several mailboxes for one workflow, or none. */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	const odsCode = requiredText(call, 'odsCode', 'ODS Code');
	const workflowId = requiredText(call, 'workflowId', 'Workflow ID');
	const entries = await call.client.lookUpMailboxes(odsCode, workflowId, { signal: call.signal });
	hintNoMailbox(call, entries, 'this ODS code and workflow ID');
	return entries.map(({ mailboxId, mailboxName }) => ({ json: flat({ mailboxId, mailboxName, odsCode, workflowId }) }));
}

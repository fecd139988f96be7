import type { INodeProperties } from 'n8n-workflow';
import { invalidInput } from '../../client';
import { addExecutionHintOnce } from '../../transport/hints';
import { readWorkflowFilter, workflowFilterParameters } from '../../transport/workflowFilter';
import type { OperationCall, OperationItem } from '../operation';
import { smallCallsAtOnce } from '../parameters';

const shown = { resource: ['message'], operation: ['getMany'] };

/** Page sizes that MESH takes (MESH API, list inbox). */
const SMALLEST_PAGE = 10;
const USUAL_PAGE = 500;

export const description: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		description: 'Whether to return all results or only up to a given limit',
		displayOptions: { show: shown },
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		description: 'Max number of results to return',
		displayOptions: { show: { ...shown, returnAll: [false] } },
	},
	...workflowFilterParameters({ show: shown }),
];

const INBOX_EMPTY = 'The inbox is empty: no message or report waits to be acknowledged.';
const NOTHING_PASSES = 'No message in the inbox passes the workflow filter. Upper and lower case matter; set Workflow Filter to Any Workflow to see all.';

export const itemsAtOnce = smallCallsAtOnce;

/** MESH API, "list inbox": IDs of messages and reports that wait, oldest first. */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	const { client, signal } = call;
	const limit = readLimit(call);
	const workflowFilter = readWorkflowFilter((name) => call.context.getNodeParameter(name, call.itemIndex, ''));
	// All IDs are collected before anything is done with them: MESH loses its place when a listed message is acknowledged.
	const messageIds: string[] = [];
	for await (const page of client.listInbox({ workflowFilter, pageSize: Math.min(Math.max(limit, SMALLEST_PAGE), USUAL_PAGE) }, { signal })) {
		messageIds.push(...page.messageIds);
		if (page.problem !== undefined) addExecutionHintOnce(call.context, `The list may not be complete. ${page.problem.message}.`, 'warning');
		if (messageIds.length >= limit) break;
	}
	if (messageIds.length === 0) addExecutionHintOnce(call.context, workflowFilter === undefined ? INBOX_EMPTY : NOTHING_PASSES);
	return messageIds.slice(0, limit).map((messageId) => ({ json: { messageId } }));
}

function readLimit({ context, itemIndex }: OperationCall): number {
	if (context.getNodeParameter('returnAll', itemIndex, false) === true) return Infinity;
	const limit = Number(context.getNodeParameter('limit', itemIndex, 50));
	if (!Number.isInteger(limit) || limit < 1) throw invalidInput('limit', 'Limit is not a whole number above 0', "Give a number such as 50, or switch on 'Return All'.");
	return limit;
}

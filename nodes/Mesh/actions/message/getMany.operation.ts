import type { IDataObject, INodeProperties } from 'n8n-workflow';
import { CONNECTIONS, asMeshError, invalidInput, isMeshError } from '../../client';
import { inOrder } from '../../transport/concurrently';
import { describeHeaders, onlyFields, simpleHeaderFields } from '../../transport/itemJson';
import { readWorkflowFilter, workflowFilterParameters } from '../../transport/receivingFields';
import type { OperationCall, OperationItem } from '../operation';
import { smallCallsAtOnce } from '../operation';

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
	{
		displayName: 'Include Headers',
		name: 'includeHeaders',
		type: 'boolean',
		default: false,
		description:
			'Whether to put out sender, workflow ID, subject, time and the like of each message as well. This takes one more request for each message; nothing is downloaded or acknowledged.',
		displayOptions: { show: shown },
	},
];

const INBOX_EMPTY = 'The inbox is empty: no message or report waits to be acknowledged.';
const NOTHING_PASSES =
	'No message in the inbox passes the workflow filter. Upper and lower case matter; set Workflow Filter to Any Workflow to see all.';

export const itemsAtOnce = smallCallsAtOnce;

/** MESH API, "list inbox": IDs of messages and reports that wait, oldest first. */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	const { client, signal } = call;
	const limit = readLimit(call);
	const workflowFilter = readWorkflowFilter((name) => call.context.getNodeParameter(name, call.itemIndex, ''));
	// All IDs are collected before anything is done with them: MESH loses its place when a listed message is acknowledged.
	const messageIds: string[] = [];
	for await (const page of client.listInbox(
		{ workflowFilter, pageSize: Math.min(Math.max(limit, SMALLEST_PAGE), USUAL_PAGE) },
		{ signal },
	)) {
		messageIds.push(...page.messageIds);
		if (page.problem !== undefined) call.run.hints.show(`The list may not be complete. ${page.problem.message}.`, 'warning');
		if (messageIds.length >= limit) break;
	}
	if (messageIds.length === 0) call.run.hints.show(workflowFilter === undefined ? INBOX_EMPTY : NOTHING_PASSES);
	const wanted = messageIds.slice(0, limit);
	if (call.context.getNodeParameter('includeHeaders', call.itemIndex, false) !== true)
		return wanted.map((messageId) => ({ json: { messageId } }));
	return await inOrder(wanted, CONNECTIONS, signal, async (messageId, _index, limited) => ({
		json: await headersOf(call, messageId, limited),
	}));
}

/** What is collected or expires between the list and this question is left with its ID. */
async function headersOf({ client, context }: OperationCall, messageId: string, signal: AbortSignal): Promise<IDataObject> {
	try {
		const json = describeHeaders(await client.getHeaders(messageId, { signal }), context.getNode());
		return onlyFields(json, simpleHeaderFields(json));
	} catch (error) {
		const isGone = isMeshError(error) && (error.httpStatus === 404 || error.httpStatus === 410);
		if (isGone) return { messageId };
		throw asMeshError(error, 'get the headers of a message');
	}
}

function readLimit({ context, itemIndex }: OperationCall): number {
	if (context.getNodeParameter('returnAll', itemIndex, false) === true) return Infinity;
	const limit = Number(context.getNodeParameter('limit', itemIndex, 50));
	if (!Number.isInteger(limit) || limit < 1)
		throw invalidInput('limit', 'Limit is not a whole number above 0', "Give a number such as 50, or switch on 'Return All'.");
	return limit;
}

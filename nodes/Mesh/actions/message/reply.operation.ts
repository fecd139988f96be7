import type { IDataObject } from 'n8n-workflow';
import { invalidInput } from '../../client';
import { chosenItemsAtOnce } from '../itemsAtOnce';
import type { OperationCall, OperationItem } from '../operation';
import { optionalTextOf, optionsOf, requiredText } from '../parameters';
import { USUAL_SUFFIX } from './reply/fields';
import type { Envelope } from './send/readMessage';
import { sendMessage } from './send/sendMessage';

export { description } from './reply/fields';

export const itemsAtOnce = chosenItemsAtOnce;

/**
 * A business acknowledgement: a message of its own to the sender of a received one, with the workflow ID + `_ACK`, or another
 * suffix, and the same local ID (MESH API, conventions). MESH's own acknowledgement says only that the message was collected.
 */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	const options = optionsOf(call);
	const { to, workflowId, localId } = await readReceived(call);
	const suffix = suffixOf(options);
	if (workflowId.endsWith(suffix)) {
		throw invalidInput('receivedWorkflowId', 'The received message is itself an acknowledgement, so it is not replied to', `Filter out messages whose workflow ID ends with ${suffix}: two systems that acknowledge each other would never stop.`);
	}
	return [{ json: await sendMessage(call, options, { to, workflowId: workflowId + suffix, localId }) }];
}

/** Whom the received message is from, and what it was about. */
async function readReceived(call: OperationCall): Promise<Envelope> {
	const { context, itemIndex, client, signal } = call;
	if (context.getNodeParameter('replyTo', itemIndex, 'fields') !== 'messageId') {
		return {
			to: senderOf(call),
			workflowId: requiredText(call, 'receivedWorkflowId', 'Workflow ID'),
			localId: optionalTextOf(context.getNodeParameter('receivedLocalId', itemIndex, '')),
		};
	}
	const { from, workflowId, localId, messageType } = await client.getHeaders(requiredText(call, 'messageId', 'Message ID'), { signal });
	if (from === undefined || workflowId === undefined || messageType === 'REPORT') {
		throw invalidInput('messageId', 'The message has no sender that could get a reply', 'Reports come from MESH itself. Reply to messages of the type DATA only.');
	}
	return { to: from, workflowId, localId };
}

function senderOf({ context, itemIndex }: OperationCall): string {
	const from = optionalTextOf(context.getNodeParameter('from', itemIndex));
	if (from !== undefined) return from;
	throw invalidInput('from', 'Sender is missing', "Reports come from MESH itself and have no sender: leave them out (isReport). Otherwise check the expression of 'Sender'.");
}

/** Without a suffix nothing would tell a reply from the message that it answers. */
function suffixOf({ workflowIdSuffix = USUAL_SUFFIX }: IDataObject): string {
	const suffix = optionalTextOf(workflowIdSuffix);
	if (suffix !== undefined) return suffix;
	throw invalidInput('workflowIdSuffix', 'Workflow ID Suffix is empty', `Fill it in, or remove the option to use ${USUAL_SUFFIX}. Two systems that answer each other under the same workflow ID would never stop.`);
}

import { chosenItemsAtOnce } from '../itemsAtOnce';
import type { OperationCall, OperationItem } from '../operation';
import { optionalText, optionsOf, requiredText } from '../parameters';
import { readRecipient } from './send/readRecipient';
import { sendMessage } from './send/sendMessage';

export { description } from './send/fields';

export const itemsAtOnce = chosenItemsAtOnce;

/** MESH API, "send message" with all its chunks. */
export async function execute(call: OperationCall): Promise<OperationItem[]> {
	const options = optionsOf(call);
	const envelope = {
		to: readRecipient(call),
		workflowId: requiredText(call, 'workflowId', 'Workflow ID'),
		localId: optionalText(options, 'localId'),
	};
	return [{ json: await sendMessage(call, options, envelope) }];
}

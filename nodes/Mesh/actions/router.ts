import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { CONNECTIONS } from '../client';
import { executionSignal } from '../transport/executionSignal';
import { getMeshClient } from '../transport/meshClient';
import { toNodeError } from '../transport/toNodeError';
import { errorItemJson } from './errorItem';
import { mapInOrder } from './mapInOrder';
import type { ItemCall, Operation } from './operation';
import { findOperation } from './operations';

/**
 * Runs the chosen operation for each input item. Output items are in the order of the input items and say which one they
 * belong to. On failure the node fails with the item's index, or, with Continue On Fail, puts out an error item in its place.
 * @param clientOf where an item's client comes from
 */
export async function router(this: IExecuteFunctions, clientOf = getMeshClient): Promise<INodeExecutionData[][]> {
	const operation = chosenOperation(this);
	const signal = executionSignal(this);
	const tasks: Array<() => Promise<void>> = [];
	const outputs = await mapInOrder(this.getInputData().length, operation.itemsAtOnce?.(this) ?? 1, async (itemIndex) => {
		const pairedItem = { item: itemIndex };
		try {
			const call: ItemCall = { context: this, itemIndex, signal, afterAllItems: (task) => tasks.push(task) };
			const items = operation.opensOwnClient
				? await operation.execute(call)
				: await operation.execute({ ...call, client: await clientOf(this, itemIndex) });
			return items.map((item) => ({ ...item, pairedItem }));
		} catch (error) {
			if (!this.continueOnFail() || signal?.aborted === true) throw toNodeError(this.getNode(), error, itemIndex);
			// With the file that came in: an error branch that goes on with an upload needs the same content.
			const { binary } = this.getInputData()[itemIndex] ?? {};
			return [{ json: errorItemJson(toNodeError(this.getNode(), error, itemIndex), error), ...(binary === undefined ? {} : { binary }), pairedItem }];
		}
	});
	// Acknowledgements and the like: small requests.
	await mapInOrder(tasks.length, CONNECTIONS, async (index) => await tasks[index]?.());
	return [outputs.flat()];
}

function chosenOperation(context: IExecuteFunctions): Operation {
	try {
		return findOperation(context.getNodeParameter('resource', 0), context.getNodeParameter('operation', 0));
	} catch (error) {
		throw toNodeError(context.getNode(), error);
	}
}

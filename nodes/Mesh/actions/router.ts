import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { CONNECTIONS, invalidInput } from '../client';
import { mapInOrder } from '../transport/concurrently';
import { RunHints } from '../transport/hints';
import { executionSignal, meshClients } from '../transport/meshClient';
import { errorItemJson, toNodeError } from '../transport/nodeErrors';
import * as lookUp from './directory/lookUp.operation';
import * as search from './directory/search.operation';
import * as checkConnection from './mailbox/checkConnection.operation';
import * as count from './mailbox/count.operation';
import * as validate from './mailbox/validate.operation';
import * as acknowledge from './message/acknowledge.operation';
import * as download from './message/download.operation';
import * as getHeaders from './message/getHeaders.operation';
import * as getMany from './message/getMany.operation';
import * as reply from './message/reply.operation';
import * as send from './message/send.operation';
import * as track from './message/track.operation';
import type { ItemCall, NodeRun, Operation } from './operation';

/**
 * Runs the chosen operation for each input item. Output items are in the order of the input items and say which one they
 * belong to. On failure the node fails with the item's index, or, with Continue On Fail, puts out an error item in its place.
 * @param clientsOf where the clients of the items come from
 */
export async function router(this: IExecuteFunctions, clientsOf = meshClients): Promise<INodeExecutionData[][]> {
	const operation = chosenOperation(this);
	const signal = executionSignal(this);
	const tasks: Array<() => Promise<void>> = [];
	const run = nodeRun(this);
	const clientOf = clientsOf(this);
	const outputs = await mapInOrder(this.getInputData().length, operation.itemsAtOnce?.(this) ?? 1, async (itemIndex) => {
		const pairedItem = { item: itemIndex };
		try {
			const call: ItemCall = { context: this, itemIndex, run, signal, afterAllItems: (task) => tasks.push(task) };
			const items = operation.opensOwnClient
				? await operation.execute(call)
				: await operation.execute({ ...call, client: await clientOf(itemIndex) });
			return items.map((item) => ({ ...item, pairedItem }));
		} catch (error) {
			if (!this.continueOnFail() || signal?.aborted === true) throw toNodeError(this.getNode(), error, itemIndex);
			// With the file that came in: an error branch that goes on with an upload needs the same content.
			const { binary } = this.getInputData()[itemIndex] ?? {};
			return [
				{
					json: errorItemJson(toNodeError(this.getNode(), error, itemIndex), error),
					...(binary === undefined ? {} : { binary }),
					pairedItem,
				},
			];
		}
	});
	// Acknowledgements and the like: small requests.
	await mapInOrder(tasks.length, CONNECTIONS, async (index) => await tasks[index]?.());
	run.hints.showTransfers(operation.transfers ?? 'Sent');
	return [outputs.flat()];
}

function nodeRun(context: IExecuteFunctions): NodeRun {
	let index: number | undefined;
	return {
		hints: new RunHints(context),
		// Asked once: n8n builds much to answer.
		index: () => (index ??= Number(context.getWorkflowDataProxy(0).$runIndex ?? 0)),
	};
}

function chosenOperation(context: IExecuteFunctions): Operation {
	try {
		return findOperation(context.getNodeParameter('resource', 0), context.getNodeParameter('operation', 0));
	} catch (error) {
		throw toNodeError(context.getNode(), error);
	}
}

/** Every operation by resource and name, as the parameters of the node spell them. */
export const operations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
	message: { acknowledge, download, getHeaders, getMany, reply, send, track },
	mailbox: { checkConnection, count, validate },
	directory: { lookUp, search },
};

/** @throws MeshError MESH_INVALID_INPUT where an expression gave something else */
export function findOperation(resource: unknown, operation: unknown): Operation {
	const group = typeof resource === 'string' && Object.hasOwn(operations, resource) ? operations[resource] : undefined;
	const found = group !== undefined && typeof operation === 'string' && Object.hasOwn(group, operation) ? group[operation] : undefined;
	if (found === undefined)
		throw invalidInput('operation', 'The node has no such resource and operation', 'Choose the resource and the operation again.');
	return found;
}

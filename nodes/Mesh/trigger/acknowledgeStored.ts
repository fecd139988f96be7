import type { IExecuteFunctions } from 'n8n-workflow';
import { CONNECTIONS, type MeshClient } from '../client';
import { executionSignal } from '../transport/executionSignal';
import { toNodeError } from '../transport/toNodeError';
import { isGone } from './acknowledge';
import type { Collected } from './collect';
import { inOrder } from './inOrder';

/**
 * Acknowledges right after the download. Only when all messages of the execution are stored, because a failure of one ends
 * the execution for all. An acknowledgement that fails does not fail the execution: the poll sees the message in the inbox
 * and makes up for it.
 */
export async function acknowledgeStored(context: IExecuteFunctions, client: MeshClient, collected: readonly Collected[]): Promise<void> {
	const node = context.getNode();
	const signal = executionSignal(context);
	const stored = collected.filter(({ mayAcknowledge }) => mayAcknowledge);
	await inOrder(stored, CONNECTIONS, signal, async ({ messageId }) => {
		const failure = await client.acknowledge(messageId, { signal }).then(() => undefined, (error: unknown) => ({ error }));
		if (failure === undefined || isGone(failure.error)) return;
		if (signal?.aborted === true) throw failure.error;
		context.logger.warn(`[NHS MESH: ${node.name}] Message ${messageId} was stored but not acknowledged yet: ${toNodeError(node, failure.error).message}`, { messageId });
	});
}

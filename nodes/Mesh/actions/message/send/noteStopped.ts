import type { MeshError, UploadState } from '../../../client';
import { nodeLogger } from '../../../transport/nodeLogger';
import type { OperationCall } from '../../operation';

/** n8n cuts longer values. */
const MAX_VALUE_CHARACTERS = 512;

/** What a workflow's own code knows as `$execution`. n8n-workflow does not declare it; the context has `customData` only from n8n 2 on. */
interface KeepsCustomData {
	customData?: { set(key: string, value: string): void };
}

/**
 * Keeps what it takes to go on after somebody has stopped the execution in the middle of a send. n8n stores of a stopped
 * execution what was known when it was stopped, and the error of the node comes later: but it still takes custom data, and its
 * log.
 */
export function noteStopped(call: OperationCall, { upload, localId, ambiguous }: MeshError): void {
	const { itemIndex } = call;
	if (upload !== undefined) {
		const state = stateText(upload);
		keep(call, `meshContinueUpload_${itemIndex}`, state, `Stopped in the middle of an upload. To go on with it, send the same content with the option Continue Upload set to ${state}`);
	} else if (ambiguous === true && localId !== undefined) {
		keep(call, `meshTrackLocalId_${itemIndex}`, localId, `Stopped before MESH had answered. Track local ID ${localId} before the message is sent again`);
	}
}

function keep({ context, itemIndex }: OperationCall, key: string, value: string, text: string): void {
	nodeLogger(context.logger, context.getNode()).warn(text);
	const execution = context.getWorkflowDataProxy(itemIndex).$execution as KeepsCustomData | undefined;
	execution?.customData?.set(key, value);
}

/** A long local ID of the user's is left out: the upload goes on without it. */
function stateText(upload: UploadState): string {
	const text = JSON.stringify(upload);
	return text.length <= MAX_VALUE_CHARACTERS ? text : JSON.stringify({ ...upload, localId: undefined });
}

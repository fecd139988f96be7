import type { INode } from 'n8n-workflow';
import { invalidInput } from '../client';

/**
 * Refuses settings of the node itself under which n8n would report success for a message that it never had: it would be
 * acknowledged and lost.
 * @throws MeshError MESH_INVALID_INPUT
 */
export function checkNodeSettings(node: Pick<INode, 'onError' | 'continueOnFail' | 'executeOnce'>): void {
	if ((node.onError !== undefined && node.onError !== 'stopWorkflow') || node.continueOnFail === true) {
		throw invalidInput('onError', "The setting 'On Error' of this trigger must be 'Stop Workflow'", 'With any other value the workflow would go on without a message whose download failed, and the message would be acknowledged.');
	}
	if (node.executeOnce === true) {
		throw invalidInput('executeOnce', "The setting 'Execute Once' of this trigger must be off", 'With it n8n would hand only the first of several messages to the workflow, and the others would be acknowledged with it.');
	}
}

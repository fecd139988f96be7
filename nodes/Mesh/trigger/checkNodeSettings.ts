import type { INode } from 'n8n-workflow';
import { invalidInput } from '../client';

/**
 * Refuses settings of the node itself under which n8n would report success for a message that it never had, so that it would
 * be acknowledged and lost, or would run the branch of messages without one.
 * @throws MeshError MESH_INVALID_INPUT
 */
export function checkNodeSettings(node: Pick<INode, 'onError' | 'continueOnFail' | 'executeOnce' | 'alwaysOutputData'>): void {
	if ((node.onError !== undefined && node.onError !== 'stopWorkflow') || node.continueOnFail === true) {
		throw invalidInput('onError', "The setting 'On Error' of this trigger must be 'Stop Workflow'", 'With any other value the workflow would go on without a message whose download failed, and the message would be acknowledged.');
	}
	if (node.executeOnce === true) {
		throw invalidInput('executeOnce', "The setting 'Execute Once' of this trigger must be off", 'With it n8n would hand only the first of several messages to the workflow, and the others would be acknowledged with it.');
	}
	if (node.alwaysOutputData === true) {
		throw invalidInput('alwaysOutputData', "The setting 'Always Output Data' of this trigger must be off", 'With it n8n would hand an empty item to the branch of messages for each report, and for each message that has left the inbox.');
	}
}

import type { INodeProperties } from 'n8n-workflow';
import type { AcknowledgePolicy } from '../acknowledgePolicy';

/** Drop-downs show two lines of an option's description: what a choice can cost stands in full below the field. */
export const acknowledgeField: INodeProperties = {
	displayName: 'Acknowledge',
	name: 'acknowledge',
	type: 'options',
	default: 'whenWorkflowSucceeds',
	description:
		'When to tell MESH that a message has been received. MESH then removes it from the inbox for good. Until then it comes again if something fails, so that a workflow may see it more than once. A test in the editor takes the oldest message and never acknowledges it.',
	options: [
		{
			name: 'When Workflow Succeeds',
			value: 'whenWorkflowSucceeds',
			description: 'Recommended. Also when it waits in a Wait node. If it fails, the message is delivered again.',
		},
		{
			name: 'When Workflow Finishes',
			value: 'whenWorkflowFinishes',
			description: 'Also when it has failed: the message is then only in the failed execution',
		},
		{
			name: 'Immediately After Download',
			value: 'immediatelyAfterDownload',
			description: 'Before the next node runs. If the workflow fails, the message is only in the failed execution.',
		},
		{
			name: 'Later (Acknowledge Operation)',
			value: 'later',
			description: 'This workflow, or another one, acknowledges. What is forgotten comes again after a day.',
		},
	],
};

/** What can be lost or seen twice with the policies that are weaker than the default. */
export const acknowledgeNotices: INodeProperties[] = [
	notice('whenWorkflowFinishes', 'A message whose workflow failed has left the inbox: it is only in the failed execution, and is gone when n8n deletes that. Only if the execution was stopped, crashed or could not download it, the message is delivered again.'),
	notice('immediatelyAfterDownload', 'The message leaves the inbox before the next node runs. If the workflow fails or n8n crashes afterwards, the message is only in that execution, and is gone when n8n deletes it.'),
	notice('later', 'Acknowledge each message with an NHS MESH node, in this workflow or in another one. A message that is forgotten is delivered again after a day (see Options), and after five days MESH takes it away and tells its sender that nobody collected it.'),
];

function notice(policy: AcknowledgePolicy, text: string): INodeProperties {
	return { displayName: text, name: `${policy}Notice`, type: 'notice', default: '', displayOptions: { show: { acknowledge: [policy] } } };
}

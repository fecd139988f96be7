import type { INodeProperties } from 'n8n-workflow';

export const acknowledgeField: INodeProperties = {
	displayName: 'Acknowledge',
	name: 'acknowledge',
	type: 'options',
	default: 'whenWorkflowSucceeds',
	description:
		'When to tell MESH that a message has been received. MESH then removes it from the inbox for good. Until then it comes again if something fails, so that a workflow may see it more than once.',
	options: [
		{
			name: 'When Workflow Succeeds',
			value: 'whenWorkflowSucceeds',
			description: 'Recommended. When the execution has succeeded, or waits in a Wait node. If it fails, the message is delivered again.',
		},
		{
			name: 'When Workflow Finishes',
			value: 'whenWorkflowFinishes',
			description: 'Also when a node after the trigger has failed: the message is then only in the failed execution. Delivered again only if the execution was stopped, crashed or could not download it.',
		},
		{
			name: 'Immediately After Download',
			value: 'immediatelyAfterDownload',
			description: 'As soon as n8n has stored the content, before the next node runs. If the workflow fails afterwards, the message is only in the failed execution.',
		},
		{
			name: 'Later (Acknowledge Operation)',
			value: 'later',
			description: 'The workflow, or another one, acknowledges with an NHS MESH node. What it forgets comes again after a day (see options), and after five days MESH tells the sender that nobody collected it.',
		},
	],
};

import type { INodeProperties } from 'n8n-workflow';
import { simplifyParameter } from '../transport/itemJson';
import { putContentInFields, maximumSizeOption, verifyChecksumOption, workflowFilterParameters } from '../transport/receivingFields';
import type { AcknowledgePolicy } from './settings';

/** Drop-downs show two lines of an option's description: what a choice can cost stands in full below the field. */
const acknowledgeField: INodeProperties = {
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
			description: 'Recommended. Also when a node waits or continues on its error. If it fails, the message is delivered again.',
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
const acknowledgeNotices: INodeProperties[] = [
	notice(
		'whenWorkflowFinishes',
		'A message whose workflow failed has left the inbox: it is only in the failed execution, and is gone when n8n deletes that. Only if the execution was stopped, crashed or could not download it, the message is delivered again.',
	),
	notice(
		'immediatelyAfterDownload',
		'The message leaves the inbox before the next node runs. If the workflow fails or n8n crashes afterwards, the message is only in that execution, and is gone when n8n deletes it.',
	),
	notice(
		'later',
		'Acknowledge each message with an NHS MESH node, in this workflow or in another one. A message that is forgotten is delivered again after a day (see Options), and after five days MESH takes it away and tells its sender that nobody collected it.',
	),
];

function notice(policy: AcknowledgePolicy, text: string): INodeProperties {
	return { displayName: text, name: `${policy}Notice`, type: 'notice', default: '', displayOptions: { show: { acknowledge: [policy] } } };
}

/** A report says that a message of one's own did not arrive. With nothing connected to an output for them, the only notice would be gone. */
const reportFields: INodeProperties[] = [
	{
		displayName: 'Non-Delivery Reports',
		name: 'reports',
		type: 'options',
		default: 'fail',
		description: 'What to do with a report, by which MESH says that a message you sent was not delivered or not collected',
		options: [
			{
				name: 'Fail the Execution',
				value: 'fail',
				description: "The report's own words become the error, so that your error workflow hears of it. The report is then acknowledged.",
			},
			{
				name: 'Ignore (Leave in Inbox)',
				value: 'leave',
				description: 'Another workflow deals with them. MESH removes what nobody has acknowledged for five days.',
			},
			{ name: 'Send to the Reports Output', value: 'output', description: 'Connect an alarm to that output' },
		],
		displayOptions: { show: { '@version': [{ _cnd: { gte: 1.1 } }] } },
	},
	{
		displayName:
			"A report is MESH's only notice that a message you sent did not arrive. The error workflow that you choose in this workflow's settings hears of it; the example Alarm when MESH fails is one.",
		name: 'reportsFailNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { '@version': [{ _cnd: { gte: 1.1 } }], reports: ['fail'] } },
	},
	{
		displayName:
			'Reports go out on the second output. Where nothing is connected to it, a report ends in an execution that succeeds, and is acknowledged: nobody hears of it.',
		name: 'reportsNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { '@version': [{ _cnd: { gte: 1.1 } }], reports: ['output'] } },
	},
];

/** Options of the trigger. Their defaults are literals for n8n's lint rules; `optionDefaults` applies where one is not set, and agrees. */
export const optionFields: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	options: [
		{
			displayName: 'Delivery Attempts',
			name: 'deliveryAttempts',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 100 },
			default: 5,
			description:
				'How often a message is handed to the workflow before it is parked: left in the inbox, reported once to the error workflow (in its trigger.error), and tried again only when the workflow is unpublished and published, or the option Retry Parked Messages is changed',
		},
		{
			displayName: 'Inbox Check Interval (Minutes)',
			name: 'inboxCheckInterval',
			type: 'number',
			typeOptions: { minValue: 0, numberPrecision: 2 },
			default: 5,
			description:
				'Shortest time between two looks into the inbox, however often n8n polls. NHS England asks for at least 5 minutes unless more messages wait, which is the default on its servers; a Custom URL outside nhs.uk has no limit unless you set one here.',
		},
		{
			displayName: 'Longest Execution (Hours)',
			name: 'longestExecution',
			type: 'number',
			typeOptions: { minValue: 0.1, numberPrecision: 2 },
			default: 24,
			description:
				'An execution of which n8n reports no end for so long counts as failed, and its message is delivered again. Choose more than your workflow can take.',
		},
		maximumSizeOption,
		{
			displayName: 'Messages in Flight',
			name: 'messagesInFlight',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 500 },
			default: 10,
			description: 'How many messages may be in executions that have not ended. Others wait in the inbox until a place is free.',
		},
		{
			displayName: 'Messages per Execution',
			name: 'messagesPerExecution',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 500 },
			default: 1,
			description:
				'How many messages, at most, one execution gets as its items. They succeed or fail together; after a failure each is delivered on its own, so that one bad message does not take the others with it.',
		},
		{
			displayName: 'Pause Before Redelivery (Minutes)',
			name: 'redeliveryPause',
			type: 'number',
			typeOptions: { minValue: 0, numberPrecision: 2 },
			default: 5,
			description: 'How long to wait, at least, after a failed delivery. Doubles with each further failure, up to six hours.',
		},
		{
			displayName: 'Redeliver Unacknowledged After (Hours)',
			name: 'redeliverAfter',
			type: 'number',
			typeOptions: { minValue: 0, numberPrecision: 2 },
			default: 24,
			displayOptions: { show: { '/acknowledge': ['later'] } },
			description: 'Deliver a message again that no workflow has acknowledged for so long after its execution succeeded. 0 means never.',
		},
		{
			displayName: 'Retry Parked Messages',
			name: 'retryParked',
			type: 'number',
			default: 0,
			description:
				'Change this to any other number and publish: parked messages are then tried again. n8n starts a trigger anew only when something in the trigger itself has changed.',
		},
		verifyChecksumOption,
	],
};

/** By this n8n names the trigger in its node creator; without it, it is called an event. */
const eventField: INodeProperties = {
	displayName: 'Event',
	name: 'event',
	type: 'hidden',
	default: 'messageReceived',
	options: [
		{
			name: 'Message Received',
			value: 'messageReceived',
			action: 'On message received',
			description: 'Starts the workflow for each message that arrives in the mailbox',
		},
	],
};

/** Parameters of the trigger, in the order of the editor; n8n adds Poll Times above them. */
export const triggerProperties: INodeProperties[] = [
	eventField,
	acknowledgeField,
	...acknowledgeNotices,
	...reportFields,
	...workflowFilterParameters(),
	...putContentInFields(),
	simplifyParameter(),
	optionFields,
];

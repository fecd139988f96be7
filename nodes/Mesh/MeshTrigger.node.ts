import { NodeConnectionTypes } from 'n8n-workflow';
import type { IExecuteFunctions, INodeExecutionData, INodeType, INodeTypeDescription, IPollFunctions } from 'n8n-workflow';
import { meshApiConnectionTest } from './methods';
import { collect } from './trigger/collect';
import { triggerProperties } from './trigger/description';
import { poll } from './trigger/poll';

/**
 * Starts a workflow for each message in a MESH inbox. n8n polls in its main process, where `poll` hands over message IDs;
 * `execute` then runs first in the started execution, on a worker in queue mode, and downloads.
 */
export class MeshTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'NHS MESH Trigger',
		name: 'meshTrigger',
		icon: { light: 'file:mesh.svg', dark: 'file:mesh.dark.svg' },
		group: ['trigger'],
		version: [1, 1.1],
		defaultVersion: 1.1,
		subtitle:
			'={{ { whenWorkflowSucceeds: "acknowledge on success", whenWorkflowFinishes: "acknowledge at the end", immediatelyAfterDownload: "acknowledge at once", later: "acknowledge later" }[$parameter["acknowledge"]] }}',
		// n8n's node search shows this for trigger and actions together.
		description:
			'Starts the workflow for each message that arrives in an NHS MESH mailbox; its actions send, download, acknowledge and track messages',
		eventTriggerDescription: 'Waiting for messages in the MESH mailbox',
		activationMessage:
			'The mailbox is being validated. Once that has succeeded, its messages start this workflow; if it fails, n8n says so here.',
		triggerPanel: {
			header: 'Collects the oldest real message and leaves it in the inbox',
			executionsHelp: {
				inactive:
					'While you build the workflow, a test collects the oldest real message and leaves it in the inbox. Publish (n8n 1: activate) the workflow to have each message start an execution; those are in the list of executions.',
				active:
					'A test collects the oldest real message and leaves it in the inbox. Each message also starts an execution by itself; those are in the list of executions.',
			},
			activationHint: 'Publish (n8n 1: activate) the workflow, and each message in the mailbox starts an execution.',
		},
		defaults: { name: 'NHS MESH Trigger' },
		polling: true,
		inputs: [],
		outputs: [NodeConnectionTypes.Main, NodeConnectionTypes.Main],
		outputNames: ['Messages', 'Reports'],
		credentials: [{ name: 'meshApi', required: true, testedBy: 'meshApiConnectionTest' }],
		properties: [
			{
				displayName:
					'NHS England asks that an inbox be checked at most once every five minutes. On its servers this trigger keeps to that, whatever Poll Times says. Use one trigger for each mailbox and workflow filter.',
				name: 'notice',
				type: 'notice',
				default: '',
			},
			...triggerProperties,
		],
	};

	methods = { credentialTest: { meshApiConnectionTest } };

	async poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
		return await poll(this);
	}

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await collect(this);
	}
}

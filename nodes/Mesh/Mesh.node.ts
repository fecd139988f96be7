import { NodeConnectionTypes } from 'n8n-workflow';
import type { IExecuteFunctions, INodeExecutionData, INodeType, INodeTypeDescription } from 'n8n-workflow';
import { directoryDescription, mailboxDescription, messageDescription } from './actions/description';
import { router } from './actions/router';
import { meshApiConnectionTest, searchMailboxes } from './methods';

/** The action node; what it does is in actions/, one file per operation. */
export class Mesh implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'NHS MESH',
		name: 'mesh',
		icon: { light: 'file:mesh.svg', dark: 'file:mesh.dark.svg' },
		group: ['transform'],
		version: [1, 1.1],
		defaultVersion: 1.1,
		subtitle: '={{ $parameter["operation"] + ": " + $parameter["resource"] }}',
		description: 'Send, receive and track messages with NHS MESH (Message Exchange for Social Care and Health)',
		defaults: { name: 'NHS MESH' },
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		usableAsTool: true,
		credentials: [{ name: 'meshApi', required: true, testedBy: 'meshApiConnectionTest' }],
		properties: [
			{
				displayName: 'Resource',
				name: 'resource',
				type: 'options',
				noDataExpression: true,
				default: 'message',
				options: [
					{ name: 'Message', value: 'message' },
					{ name: 'Mailbox', value: 'mailbox' },
					{ name: 'Directory', value: 'directory' },
				],
			},
			...messageDescription,
			...mailboxDescription,
			...directoryDescription,
		],
	};

	methods = { credentialTest: { meshApiConnectionTest }, listSearch: { searchMailboxes } };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await router.call(this);
	}
}

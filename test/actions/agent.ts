import type { IDataObject, IExecuteFunctions, INode, INodeType, IRun } from 'n8n-workflow';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { execute, makeNode, makeWorkflow } from '../engine';
import type { World } from './world';

/** What n8n makes of the node for an agent. */
export interface Tool {
	name: string;
	description: string;
	schema: { shape: Record<string, unknown> };
	invoke(args: IDataObject): Promise<string>;
}

interface AgentOptions {
	/** The node that is the tool. Default: the package's own. */
	mesh?: Mesh;
	/** Settings of the tool's node. */
	node?: Partial<INode>;
}

/** One execution in which a node in the place of an AI agent does with its one tool, the node with these parameters, what the test says. */
export async function runAgent(
	world: World,
	parameters: IDataObject,
	act: (tool: Tool) => Promise<IDataObject>,
	{ mesh = new Mesh(), node }: AgentOptions = {},
): Promise<IRun> {
	const types = { 'x.agent': agentThat(act), 'n8n-nodes-nhs-mesh.meshTool': asTool(mesh) };
	const workflow = makeWorkflow({
		types,
		nodes: [makeNode('Agent', 'x.agent'), makeNode('MESH', 'n8n-nodes-nhs-mesh.meshTool', parameters, node)],
		credentials: world.credentials,
	});
	workflow.workflow.setConnections({ MESH: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] } });
	return await execute(workflow, { start: 'Agent' });
}

function agentThat(act: (tool: Tool) => Promise<IDataObject>): INodeType {
	return {
		description: {
			displayName: 'Agent',
			name: 'agent',
			group: [],
			version: 1,
			description: '',
			defaults: {},
			outputs: ['main'],
			properties: [],
			inputs: [{ type: 'main' }, { type: 'ai_tool' }],
		},
		async execute(this: IExecuteFunctions) {
			const [tool] = (await this.getInputConnectionData('ai_tool', 0)) as Tool[];
			if (tool === undefined) throw new Error('The agent got no tool');
			return [[{ json: await act(tool) }]];
		},
	};
}

/** What n8n's server makes of a node that is usable as a tool. */
export function asTool(mesh: Mesh): Mesh {
	mesh.description = { ...mesh.description, name: 'meshTool', inputs: [], outputs: ['ai_tool'] };
	return mesh;
}

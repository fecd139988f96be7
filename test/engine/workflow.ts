import { NodeHelpers, Workflow } from 'n8n-workflow';
import type { IDataObject, IExecuteFunctions, INode, INodeType, INodeTypes, IVersionedNodeType, IWorkflowBase } from 'n8n-workflow';
import type { CredentialData } from './credentials';

/** A workflow ready to be executed or polled, with the credentials that its nodes may use. */
export interface TestWorkflow {
	base: IWorkflowBase;
	workflow: Workflow;
	credentials: CredentialData;
}

export interface TestWorkflowOptions {
	types: Record<string, INodeType | IVersionedNodeType>;
	nodes: INode[];
	/** Edges as [from, to] or [from, output index, to]; input 0 always. */
	connections?: Array<[from: string, to: string] | [from: string, output: number, to: string]>;
	credentials?: CredentialData;
	/** Static data by key, such as `node:NAME`, as an earlier poll left it. */
	staticData?: IDataObject;
	/** Settings of the workflow beside the order of execution. */
	settings?: IDataObject;
}

/** A node of a test workflow; `credential` is the name under which the test's credentials are found. */
export function makeNode(
	name: string,
	type: string,
	parameters: IDataObject = {},
	more: Partial<INode> & { credential?: string } = {},
): INode {
	const { credential = 'meshApi', ...rest } = more;
	return {
		id: name,
		name,
		type,
		typeVersion: 1,
		position: [0, 0],
		parameters: parameters as INode['parameters'],
		credentials: { meshApi: { id: credential, name: credential } },
		...rest,
	};
}

export function makeWorkflow({
	types,
	nodes,
	connections = [],
	credentials = {},
	staticData = {},
	settings = {},
}: TestWorkflowOptions): TestWorkflow {
	const nodeTypes: INodeTypes = new NodeTypes(types);
	const edges: IWorkflowBase['connections'] = {};
	for (const edge of connections) {
		const [from, output, to] = edge.length === 2 ? [edge[0], 0, edge[1]] : edge;
		const outputs = ((edges[from] ??= { main: [] }).main ??= []);
		while (outputs.length <= output) outputs.push([]);
		outputs[output]?.push({ node: to, type: 'main', index: 0 });
	}
	const base: IWorkflowBase = {
		id: 'wf1',
		name: 'test',
		active: false,
		isArchived: false,
		activeVersionId: null,
		createdAt: new Date(0),
		updatedAt: new Date(0),
		nodes,
		connections: edges,
		settings: { executionOrder: 'v1', ...settings },
	};
	const workflow = new Workflow({
		id: 'wf1',
		name: 'test',
		active: false,
		nodes,
		connections: edges,
		nodeTypes,
		staticData,
		settings: { executionOrder: 'v1', ...settings },
	});
	return { base, workflow, credentials };
}

/** The node types of a test, by full type name (such as `n8n-nodes-nhs-mesh.mesh`). */
class NodeTypes implements INodeTypes {
	constructor(private readonly byName: Record<string, INodeType | IVersionedNodeType>) {}

	getByName(name: string): INodeType | IVersionedNodeType {
		const type = this.byName[name];
		if (type === undefined) throw new Error(`The test knows no node type "${name}"`);
		return type;
	}

	getByNameAndVersion(name: string, version?: number): INodeType {
		return NodeHelpers.getVersionedNodeType(this.getByName(name), version);
	}

	getKnownTypes() {
		return {};
	}
}

/** A description with all that n8n needs but a name. */
export const bareDescription = {
	displayName: 'X',
	group: [],
	version: 1,
	description: '',
	defaults: {},
	inputs: ['main' as const],
	outputs: ['main' as const],
	properties: [],
};

/** Puts out its items as they came. */
export const passOn: INodeType = {
	description: { ...bareDescription, name: 'pass' },
	async execute(this: IExecuteFunctions) {
		return [this.getInputData()];
	},
};

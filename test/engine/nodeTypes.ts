import { NodeHelpers } from 'n8n-workflow';
import type { INodeType, INodeTypes, IVersionedNodeType } from 'n8n-workflow';

/** The node types of a test, by full type name (such as `n8n-nodes-nhs-mesh.mesh`). */
export class NodeTypes implements INodeTypes {
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

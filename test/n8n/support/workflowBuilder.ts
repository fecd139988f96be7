import type { WorkflowFile, WorkflowNode } from '../../../n8n-lab/rest/workflows';
import { CREDENTIAL_TYPE } from '../../../n8n-lab/rest/credentials';

/** What a test says about a node; the rest follows. */
export interface NodeSpecification {
	name: string;
	type: string;
	typeVersion?: number;
	parameters?: Record<string, unknown>;
	/** ID of a MESH credential. */
	credential?: string;
	/** Further properties of the node, such as webhookId or onError. */
	more?: Record<string, unknown>;
}

const SPACING_PX = 220;

/** A workflow whose nodes follow each other: output 0 of each goes into the next. */
export function chain(name: string, ...specifications: NodeSpecification[]): WorkflowFile {
	const nodes = specifications.map(toNode);
	const connections = Object.fromEntries(
		nodes.slice(0, -1).map((node, i) => [node.name, { main: [[{ node: nodes[i + 1].name, type: 'main', index: 0 }]] }]),
	);
	return { name, nodes, connections, settings: { executionOrder: 'v1' } };
}

export function manualTrigger(name = 'Start'): NodeSpecification {
	return { name, type: 'n8n-nodes-base.manualTrigger' };
}

/** Message: Send, to a mailbox by its ID. */
export function sendNode(credential: string, recipient: string, parameters: Record<string, unknown> = {}): NodeSpecification {
	const to = { __rl: true, mode: 'id', value: recipient };
	return {
		name: 'Send',
		type: 'n8n-nodes-nhs-mesh.mesh',
		credential,
		parameters: { resource: 'message', operation: 'send', sendTo: 'mailbox', to, workflowId: 'TEST_WORKFLOW', ...parameters },
	};
}

/** The trigger, looking once a minute. */
export function meshTrigger(credential: string, parameters: Record<string, unknown> = {}): NodeSpecification {
	return {
		name: 'Arrives',
		type: 'n8n-nodes-nhs-mesh.meshTrigger',
		credential,
		parameters: { pollTimes: { item: [{ mode: 'everyMinute' }] }, ...parameters },
	};
}

function toNode(specification: NodeSpecification, i: number): WorkflowNode {
	const { name, type, typeVersion = 1, parameters = {}, credential, more } = specification;
	return {
		id: String(i + 1),
		name,
		type,
		typeVersion,
		position: [i * SPACING_PX, 0],
		parameters,
		...(credential && { credentials: { [CREDENTIAL_TYPE]: { id: credential, name: '' } } }),
		...more,
	};
}

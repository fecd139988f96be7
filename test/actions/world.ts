import type { IDataObject, IExecuteFunctions, INode, INodeExecutionData, INodeType, IRun } from 'n8n-workflow';
import { router } from '../../nodes/Mesh/actions/router';
import { MeshClient } from '../../nodes/Mesh/client';
import { replaceRuntime } from '../../nodes/Mesh/client/runtime';
import { closeSharedClients } from '../../nodes/Mesh/client/sharedClients';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { toClientOptions } from '../../nodes/Mesh/transport/credential';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../sandbox';
import {
	execute,
	makeNode,
	makeWorkflow,
	outputOf,
	sandboxCredential,
	useBinaryDataMode,
	type CredentialData,
	type ExecuteOptions,
} from '../engine';
import { passPause } from '../support/fakeClock';

export const MESH = 'n8n-nodes-nhs-mesh.mesh';

interface RunOptions extends Partial<Pick<ExecuteOptions, 'mode' | 'cancel'>> {
	items?: INodeExecutionData[];
	/** Settings of the node, such as `onError`. */
	node?: Partial<INode> & { credential?: string };
}

/** A sandbox with its mailboxes as credentials, and the action node in n8n's engine. */
export interface World {
	sandbox: Sandbox;
	credentials: CredentialData;
	/** One execution of a workflow that consists of the node alone. */
	run(parameters: IDataObject, options?: RunOptions): Promise<IRun>;
	/** The output items of a run that must succeed. */
	output(parameters: IDataObject, options?: RunOptions): Promise<INodeExecutionData[]>;
	close(): Promise<void>;
}

/** `X26ABC1` is the mailbox of the node unless `node.credential` names another. */
export async function startWorld(options: SandboxOptions = {}, meshNode: INodeType = new Mesh()): Promise<World> {
	await useBinaryDataMode('filesystem');
	const sandbox = await startSandbox(options);
	replaceRuntime({ sleep: passPause });
	const credentials: CredentialData = {
		meshApi: sandboxCredential(sandbox, 'X26ABC1'),
		X26ABC2: sandboxCredential(sandbox, 'X26ABC2'),
		X26ABC3: sandboxCredential(sandbox, 'X26ABC3'),
	};
	const run = async (parameters: IDataObject, { items, mode, cancel, node }: RunOptions = {}) => {
		const workflow = makeWorkflow({ types: { [MESH]: meshNode }, nodes: [makeNode('MESH', MESH, parameters, node)], credentials });
		return await execute(workflow, { start: 'MESH', items, mode, cancel });
	};
	return {
		sandbox,
		credentials,
		run,
		async output(parameters, more) {
			const result = await run(parameters, more);
			if (result.data.resultData.error !== undefined) throw result.data.resultData.error;
			return outputOf(result, 'MESH');
		},
		async close() {
			await closeSharedClients();
			await sandbox.close();
		},
	};
}

/** Gives the tests of a file one world; each of them leaves it empty. */
export function useWorld(use: (world: World) => void): void {
	let world: World;
	beforeAll(async () => use((world = await startWorld())));
	afterEach(async () => await world.sandbox.reset());
	afterAll(async () => await world.close());
}

/** The action node with a client that does not wait between its tries. */
export function impatientMesh(client: () => MeshClient | Promise<MeshClient>): Mesh {
	class ImpatientMesh extends Mesh {
		async execute(this: IExecuteFunctions) {
			return await router.call(this, () => async () => await client());
		}
	}
	return new ImpatientMesh();
}

export function impatientClient(sandbox: Sandbox): MeshClient {
	return new MeshClient({ ...toClientOptions(sandboxCredential(sandbox)), runtime: { sleep: async () => {} } });
}

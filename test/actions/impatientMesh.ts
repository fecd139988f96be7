import type { IExecuteFunctions } from 'n8n-workflow';
import { router } from '../../nodes/Mesh/actions/router';
import { MeshClient } from '../../nodes/Mesh/client';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { toClientOptions } from '../../nodes/Mesh/transport/credential';
import type { Sandbox } from '../../sandbox';
import { sandboxCredential } from '../engine';

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

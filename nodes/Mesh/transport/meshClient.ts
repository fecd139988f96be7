import type { IExecuteFunctions, ILoadOptionsFunctions, IPollFunctions } from 'n8n-workflow';
import type { MeshClient } from '../client';
import { sharedClient } from '../client/clientRegistry';
import type { MeshApiCredentials } from './meshApiCredentials';
import { mailboxLogger } from './nodeLogger';
import { toClientOptions } from './toClientOptions';

export { toClientOptions };

/**
 * The client of the node's credential, shared by all nodes of the process that use the same one; never close it.
 * @param itemIndex for credentials whose fields are expressions
 * @throws MeshError MESH_INVALID_CREDENTIAL, MESH_INVALID_INPUT
 */
export async function getMeshClient(context: IExecuteFunctions | IPollFunctions | ILoadOptionsFunctions, itemIndex?: number): Promise<MeshClient> {
	const credentials = await context.getCredentials<MeshApiCredentials>('meshApi', itemIndex);
	const options = toClientOptions(credentials);
	return await sharedClient({ ...options, logger: mailboxLogger(context.logger, options.mailboxId) });
}

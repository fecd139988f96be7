import { isDeepStrictEqual } from 'node:util';
import type { IExecuteFunctions, ILoadOptionsFunctions, IPollFunctions } from 'n8n-workflow';
import type { MeshClient } from '../client';
import { sharedClient } from '../client/sharedClients';
import type { MeshApiCredentials } from './meshApiCredentials';
import { mailboxLogger } from './nodeLogger';
import { toClientOptions } from './toClientOptions';

export { toClientOptions };

/** The credential that a run of a node used last, and its client: the next item nearly always has the same. */
const lastOf = new WeakMap<object, { credentials: MeshApiCredentials; client: MeshClient }>();

/**
 * The client of the node's credential, shared by all nodes of the process that use the same one; never close it.
 * @param itemIndex for credentials whose fields are expressions
 * @throws MeshError MESH_INVALID_CREDENTIAL, MESH_INVALID_INPUT
 */
export async function getMeshClient(context: IExecuteFunctions | IPollFunctions | ILoadOptionsFunctions, itemIndex?: number): Promise<MeshClient> {
	const credentials = await context.getCredentials<MeshApiCredentials>('meshApi', itemIndex);
	const last = lastOf.get(context);
	if (last !== undefined && isDeepStrictEqual(last.credentials, credentials)) return last.client;
	const options = toClientOptions(credentials);
	const client = sharedClient({ ...options, logger: mailboxLogger(context.logger, options.mailboxId) });
	lastOf.set(context, { credentials, client });
	return client;
}

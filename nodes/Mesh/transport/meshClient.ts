import { isDeepStrictEqual } from 'node:util';
import type { IExecuteFunctions, ILoadOptionsFunctions, INode, IPollFunctions, Logger } from 'n8n-workflow';
import { sharedClient } from '../client';
import type { MeshClient, MeshLogger } from '../client';
import { toClientOptions } from './credential';
import type { MeshApiCredentials } from './credential';

export { toClientOptions };

/** The credential that a run of a node used last, and its client: the next item nearly always has the same. */
const lastOf = new WeakMap<object, { credentials: MeshApiCredentials; client: MeshClient }>();

/**
 * The client of the node's credential, shared by all nodes of the process that use the same one; never close it.
 * @param itemIndex for credentials whose fields are expressions
 * @throws MeshError MESH_INVALID_CREDENTIAL, MESH_INVALID_INPUT
 */
export async function getMeshClient(
	context: IExecuteFunctions | IPollFunctions | ILoadOptionsFunctions,
	itemIndex?: number,
): Promise<MeshClient> {
	const credentials = await context.getCredentials<MeshApiCredentials>('meshApi', itemIndex);
	const last = lastOf.get(context);
	if (last !== undefined && isDeepStrictEqual(last.credentials, credentials)) return last.client;
	const options = toClientOptions(credentials);
	const client = sharedClient({ ...options, logger: mailboxLogger(context.logger, options.mailboxId) });
	lastOf.set(context, { credentials, client });
	return client;
}

/** Writes records into n8n's log, marked with the node that they come from. */
export function nodeLogger(logger: Logger, { name }: Pick<INode, 'name'>): MeshLogger {
	return markedLogger(logger, name);
}

/** The same for a client: nodes share it, so that its records can only be marked with its mailbox. */
function mailboxLogger(logger: Logger, mailboxId: string): MeshLogger {
	return markedLogger(logger, `mailbox ${mailboxId}`);
}

function markedLogger(logger: Logger, mark: string): MeshLogger {
	const text = (message: string) => `[NHS MESH: ${mark}] ${message}`;
	return {
		debug: (message, details) => logger.debug(text(message), details),
		info: (message, details) => logger.info(text(message), details),
		warn: (message, details) => logger.warn(text(message), details),
	};
}

interface Cancellable {
	getExecutionCancelSignal?: () => AbortSignal | undefined;
}

/** Aborts when the user stops the execution. Undefined where the host has no such signal: polls, editor look-ups, older n8n. */
export function executionSignal(context: IExecuteFunctions | IPollFunctions | ILoadOptionsFunctions): AbortSignal | undefined {
	return (context as Cancellable).getExecutionCancelSignal?.();
}

import { isDeepStrictEqual } from 'node:util';
import type { IExecuteFunctions, ILoadOptionsFunctions, INode, IPollFunctions, Logger } from 'n8n-workflow';
import { sharedClient } from '../client';
import type { MeshClient, MeshLogger } from '../client';
import { toClientOptions } from './credential';
import type { MeshApiCredentials } from './credential';

type Context = IExecuteFunctions | IPollFunctions | ILoadOptionsFunctions;

/**
 * The client of the node's credential, shared by all nodes of the process that use the same one; never close it.
 * @param itemIndex for credentials whose fields are expressions
 * @throws MeshError MESH_INVALID_CREDENTIAL, MESH_INVALID_INPUT
 */
export async function getMeshClient(context: Context, itemIndex?: number): Promise<MeshClient> {
	return clientWith(context, await context.getCredentials<MeshApiCredentials>('meshApi', itemIndex));
}

/** The same for one item after the other: the next one nearly always has the credential of the one before. */
export function meshClients(context: IExecuteFunctions): (itemIndex: number) => Promise<MeshClient> {
	let last: { credentials: MeshApiCredentials; client: MeshClient } | undefined;
	return async (itemIndex) => {
		const credentials = await context.getCredentials<MeshApiCredentials>('meshApi', itemIndex);
		if (last === undefined || !isDeepStrictEqual(last.credentials, credentials))
			last = { credentials, client: clientWith(context, credentials) };
		return last.client;
	};
}

/** The same where the credential has been read already: n8n decrypts it each time. */
export function clientWith({ logger }: Pick<Context, 'logger'>, credentials: MeshApiCredentials): MeshClient {
	const options = toClientOptions(credentials);
	return sharedClient({ ...options, logger: mailboxLogger(logger, options.mailboxId) });
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

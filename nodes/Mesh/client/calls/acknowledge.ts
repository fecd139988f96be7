import type { MeshConnection } from '../connection';
import { endpoints } from '../endpoints';
import { exchange } from '../exchange';
import type { CallOptions } from '../types';
import { checkMessageId } from './checkMessageId';

/** Ends a message's life in the inbox (MESH API, acknowledge). Repeating it is harmless. */
export async function acknowledge(connection: MeshConnection, messageId: string, options: CallOptions = {}): Promise<void> {
	const id = checkMessageId(messageId);
	await exchange(
		connection,
		{
			call: 'acknowledge the message',
			method: 'PUT',
			path: endpoints.acknowledge(connection.settings.mailboxId, id),
			repeat: 'idempotent',
			signal: options.signal,
			messageId: id,
		},
		async ({ body }) => await body.drain(), // empty in v2
	);
	connection.logger.info(`Message ${id} acknowledged`, { messageId: id });
}

import type { MeshConnection } from '../connection';
import { endpoints } from '../endpoints';
import { exchange } from '../exchange';
import { checkFromMesh } from '../headers/checkFromMesh';
import { checkSameMessage } from '../headers/checkSameMessage';
import { parseMessageHeaders } from '../headers/parseMessageHeaders';
import type { CallOptions, MessageHeaders } from '../types';
import { checkMessageId } from './checkMessageId';

/** The headers of a message without its content (MESH API, HEAD message). The sender may ask too, under its own mailbox. */
export async function getHeaders(
	connection: MeshConnection,
	messageId: string,
	options: CallOptions = {},
): Promise<MessageHeaders> {
	const call = 'get the headers of the message';
	const id = checkMessageId(messageId);
	return await exchange(
		connection,
		{
			call,
			method: 'HEAD',
			path: endpoints.message(connection.settings.mailboxId, id),
			repeat: 'read',
			signal: options.signal,
			messageId: id,
		},
		async ({ status, headers, body }) => {
			await body.drain();
			checkFromMesh({ status, headers }, call);
			return checkSameMessage(parseMessageHeaders(headers, id, connection.settings.redact), id, call);
		},
	);
}

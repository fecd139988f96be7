import type { MeshConnection } from '../connection';
import { endpoints } from '../endpoints';
import { exchange } from '../exchange';
import { readJsonObject, unreadable } from '../http/readJson';
import type { CallOptions } from '../types';

/** How many messages wait in the inbox (MESH API, count; deprecated there). */
export async function countMessages(connection: MeshConnection, options: CallOptions = {}): Promise<number> {
	const call = 'count the messages';
	return await exchange(
		connection,
		{ call, method: 'GET', path: endpoints.count(connection.settings.mailboxId), repeat: 'read', signal: options.signal },
		async (response) => {
			const { count } = await readJsonObject(response, call);
			if (!Number.isSafeInteger(count) || Number(count) < 0) throw unreadable(call, response.status, 'it holds no count');
			return Number(count);
		},
	);
}

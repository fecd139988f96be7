import type { MeshConnection } from '../connection';
import { endpoints } from '../endpoints';
import { exchange } from '../exchange';
import { readJsonObject } from '../http/readJson';
import { parseTrackingRecord } from '../tracking/trackingRecord';
import type { CallOptions, TrackingRecord } from '../types';
import { checkMessageId } from './checkMessageId';

/** What became of a sent message (MESH API, tracking); 404 unless this mailbox sent it. */
export async function track(
	connection: MeshConnection,
	messageId: string,
	options: CallOptions = {},
): Promise<TrackingRecord> {
	const call = 'track the message';
	const id = checkMessageId(messageId);
	return await exchange(
		connection,
		{
			call,
			method: 'GET',
			path: endpoints.tracking(connection.settings.mailboxId, id),
			repeat: 'read',
			signal: options.signal,
			messageId: id,
		},
		async (response) => parseTrackingRecord(await readJsonObject(response, call), call, connection.settings.redact),
	);
}

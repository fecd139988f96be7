import type { MeshConnection } from '../connection';
import { endpoints } from '../endpoints';
import { invalidInput } from '../errors';
import { exchange } from '../exchange';
import type { MeshResponse } from '../exchange';
import { readJsonObject } from '../http/readJson';
import { headerOf } from '../http/types';
import { parseTrackingRecord } from '../tracking/trackingRecord';
import type { CallOptions, LocalIdTracking } from '../types';

const CALL = 'track by local ID';

/** What became of the message with this local ID (MESH API, tracking by local ID): one, none (404) or several (300). */
export async function trackByLocalId(
	connection: MeshConnection,
	localId: string,
	options: CallOptions = {},
): Promise<LocalIdTracking> {
	return (await trackLocalId(connection, localId, options)).tracking;
}

/** The same with the difference of the server's clock to ours (server minus ours, 0 when unknown), to judge its times by. */
export async function trackLocalId(
	connection: MeshConnection,
	localId: string,
	options: CallOptions = {},
): Promise<{ tracking: LocalIdTracking; clockDifferenceMs: number }> {
	const id = localId.trim();
	if (id === '') throw invalidInput('localId', 'The local ID is empty', 'Give the local ID of a sent message.');
	return await exchange(
		connection,
		{
			call: CALL,
			method: 'GET',
			path: endpoints.localIdTracking(connection.settings.mailboxId, id),
			repeat: 'read',
			signal: options.signal,
			localId: id,
			accept: [300, 404],
		},
		async (response) => {
			const date = Date.parse(headerOf(response.headers, 'date') ?? '');
			const clockDifferenceMs = Number.isNaN(date) ? 0 : date - connection.runtime.now();
			return { tracking: await readOutcome(response), clockDifferenceMs };
		},
	);
}

async function readOutcome(response: MeshResponse): Promise<LocalIdTracking> {
	if (response.status < 300) {
		return { outcome: 'found', record: parseTrackingRecord(await readJsonObject(response, CALL), CALL) };
	}
	await response.body.drain();
	return { outcome: response.status === 300 ? 'several' : 'none' };
}

import type { MeshConnection } from '../connection';
import { endpoints } from '../endpoints';
import { invalidInput } from '../errors';
import { exchange } from '../exchange';
import type { MeshResponse } from '../exchange';
import type { Redact } from '../failures/redacted';
import { checkHeaderValue } from '../headers/checkHeaderValue';
import { headerRule } from '../headers/sendHeaderTable';
import { isJsonObject, readJsonObject, unreadable } from '../http/readJson';
import { headerOf } from '../http/types';
import { parseTrackingRecord } from '../tracking/trackingRecord';
import type { CallOptions, LocalIdTracking } from '../types';

const CALL = 'track by local ID';
const LOCAL_ID = headerRule('localId');
/** Far above any real one. */
const MAX_REFUSAL_BYTES = 64 * 1024;

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
	const id = checkLocalId(localId);
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
			return { tracking: await readOutcome(response, connection.settings.redact), clockDifferenceMs };
		},
	);
}

/** By the rules under which it can have been sent. */
function checkLocalId(localId: string): string {
	const id = checkHeaderValue(LOCAL_ID, localId);
	if (id === '') throw invalidInput('localId', 'The local ID is empty', 'Give the local ID of a sent message.');
	return id;
}

async function readOutcome(response: MeshResponse, redact: Redact): Promise<LocalIdTracking> {
	if (response.status < 300) {
		return { outcome: 'found', record: parseTrackingRecord(await readJsonObject(response, CALL), CALL, redact) };
	}
	// Such a status also comes from what is not MESH, and "none" may be taken as leave to send again: its body must be MESH's.
	const { bytes } = await response.body.read(MAX_REFUSAL_BYTES);
	if (bytes.length > 0 && !isJsonObject(bytes.toString('utf8'))) throw unreadable(CALL, response.status, 'it is not the JSON that MESH sends');
	return { outcome: response.status === 300 ? 'several' : 'none' };
}

import { trackLocalId } from '../calls/trackByLocalId';
import { isMeshError, MeshError } from '../errors';
import { throwIfAborted } from '../failures/aborted';
import type { TrackingRecord } from '../types';
import { isFromThisSend } from './isFromThisSend';
import type { Upload } from './upload';

/** What tracking knows about a send whose answer did not arrive. */
export type SettledOutcome =
	| { outcome: 'found'; messageId: string; complete: boolean }
	/** MESH has the message and says that it failed. */
	| { outcome: 'failed'; error: MeshError }
	/** `unfinished`: known, but neither whole nor on its way, although the message has one chunk. */
	| { outcome: 'none' | 'several' | 'older' | 'unfinished' | 'unreachable' };

/**
 * Asks tracking by local ID a few times, as the record may appear late. The last answer counts, and if there was none then,
 * that MESH had no record some time before says nothing.
 */
export async function settleOutcome(upload: Upload, startedAt: number): Promise<SettledOutcome> {
	const { connection, plan, signal } = upload;
	const { runtime, settings } = connection;
	const failedAt = runtime.now();
	let slept = 0;
	let last: SettledOutcome = { outcome: 'unreachable' };
	for (const delay of settings.retry.settleDelaysMs) {
		// By what was slept, should the clock stand still, and by the clock, as asking takes time too.
		const pause = delay - Math.max(slept, runtime.now() - failedAt);
		if (pause > 0) {
			await runtime.sleep(pause, signal).catch(() => throwIfAborted('send the message', signal));
			slept += pause;
		}
		throwIfAborted('send the message', signal);
		last = await ask(upload, startedAt);
		if (last.outcome === 'several' || last.outcome === 'failed') return last;
		if (last.outcome === 'found' && (last.complete || plan.chunkCount > 1)) return last;
	}
	return last.outcome === 'found' ? { outcome: 'unfinished' } : last;
}

async function ask(upload: Upload, startedAt: number): Promise<SettledOutcome> {
	const { connection, localId, signal } = upload;
	const answer = await trackLocalId(connection, localId, { signal }).catch((error: unknown) => {
		if (isMeshError(error) && error.code !== 'MESH_ABORTED') return undefined;
		throw error;
	});
	if (!answer) return { outcome: 'unreachable' };
	const { tracking, clockDifferenceMs } = answer;
	if (tracking.outcome !== 'found') return tracking;
	const { record } = tracking;
	if (!isFromThisSend(record, upload, startedAt + clockDifferenceMs)) return { outcome: 'older' };
	return judge(record);
}

function judge(record: TrackingRecord): SettledOutcome {
	const { messageId, status } = record;
	switch (status) {
		case 'uploading':
			return { outcome: 'found', messageId, complete: false };
		case 'undeliverable':
		case 'error':
			return { outcome: 'failed', error: failedInMesh(record) };
		default:
			return { outcome: 'found', messageId, complete: true };
	}
}

/** MESH took the message and could not deliver it. */
export function failedInMesh({ messageId, localId, status, statusCode, statusEvent, statusDescription }: TrackingRecord): MeshError {
	return new MeshError(`MESH could not deliver the message: its status is ${status}${statusDescription ? ` (${statusDescription})` : ''}`, {
		code: 'MESH_STATUS',
		call: 'send the message',
		messageId,
		localId,
		meshCode: statusCode,
		meshEvent: statusEvent,
		meshText: statusDescription,
		temporary: false,
		hint: 'Track the message for details; a report about it may be in the inbox.',
	});
}

import { MeshError, isMeshError, throwIfAborted } from '../errors';
import { trackLocalId } from '../tracking';
import type { TrackingRecord } from '../tracking';
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

type Unsettled = Exclude<SettledOutcome['outcome'], 'found' | 'failed'>;

const WHY: Readonly<Record<Unsettled, string>> = {
	none: 'MESH has no record of it yet',
	several: 'MESH has several messages with its local ID',
	older: 'MESH has only an older message with its local ID',
	unfinished: 'MESH shows it as still being uploaded',
	unreachable: 'tracking could not be asked',
};

/** MESH may have the message, and tracking could not tell: somebody has to find out before it is sent again. */
export function outcomeUnknown({ localId, call }: Pick<Upload, 'localId'> & { call: string }, cause: MeshError | undefined, why: Unsettled): MeshError {
	const isAmongOthers = why === 'several' || why === 'older';
	return new MeshError(`It is not known whether MESH has the message with local ID ${localId}: there was no clear answer, and ${WHY[why]}`, {
		code: 'MESH_SEND_OUTCOME_UNKNOWN',
		call,
		localId,
		httpStatus: cause?.httpStatus,
		networkCode: cause?.networkCode,
		meshText: cause?.meshText,
		ambiguous: true,
		temporary: false,
		hint:
			`Track the message by its local ID ${localId} before sending it again, or ask the recipient. Sending again could deliver it twice. ` +
			(isAmongOthers ? 'Use a local ID that is unique to each message.' : 'A unique local ID for each message makes this check reliable.'),
	});
}

/** Cancelled when a request of the message was on its way: the same doubt, for somebody who may start it anew. */
export function cancelledInDoubt({ localId }: Pick<Upload, 'localId'>, cancelled: MeshError): MeshError {
	return Object.assign(cancelled, {
		localId,
		ambiguous: true,
		hint: `MESH may have taken the message. Track it by its local ID ${localId} before sending it again: sending again could deliver it twice.`,
	});
}

/** MESH gives the time of an upload in whole seconds. */
const ROUNDING_MS = 2_000;

/**
 * Whether a record with our local ID is of the message just sent. With a GUID of ours there is no doubt; a local ID given by
 * the caller may have been used before, and an older message must not pass for this one, which would then be lost.
 */
export function isFromThisSend(record: TrackingRecord, { ownLocalId, headers }: Pick<Upload, 'ownLocalId' | 'headers'>, startedAt: number): boolean {
	if (ownLocalId) return true;
	if (record.workflowId !== undefined && record.workflowId !== headers['mex-workflowid']) return false;
	if (record.uploadTimestamp === undefined) return false;
	return record.uploadTimestamp.getTime() >= startedAt - ROUNDING_MS;
}

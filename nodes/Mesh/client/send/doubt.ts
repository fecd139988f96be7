import { MeshError, isMeshError, throwIfAborted, withDetails } from '../errors';
import { trackLocalId } from '../tracking';
import type { TrackingRecord } from '../tracking';
import { claims } from './claims';
import type { FoundRecord } from './claims';
import { unsettledSend } from './upload';
import type { Upload } from './upload';

/** What tracking knows about a send whose answer did not arrive. */
export type SettledOutcome =
	| { outcome: 'found'; messageId: string; complete: boolean }
	/** MESH has the message and says that it failed. */
	| { outcome: 'failed'; error: MeshError }
	/** `unfinished`: known, but neither whole nor on its way, although the message has one chunk. */
	| { outcome: 'none' | 'several' | 'unfinished' | 'unreachable' | NotOurs };

/** Why the record under our local ID is, or may be, that of another message. */
type NotOurs = 'undated' | 'older' | 'otherClock' | 'known' | 'different' | 'rival';

/**
 * Asks tracking by local ID a few times, as the record may appear late. The last answer counts, and if there was none then,
 * that MESH had no record some time before says nothing.
 */
export async function settleOutcome(upload: Upload): Promise<SettledOutcome> {
	const { connection, signal } = upload;
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
		last = await ask(upload);
		if (last.outcome === 'several' || last.outcome === 'failed' || last.outcome === 'found') return last;
	}
	return last;
}

async function ask(upload: Upload): Promise<SettledOutcome> {
	const { connection, localId, signal } = upload;
	const answer = await trackLocalId(connection, localId, { signal }).catch((error: unknown) => {
		if (isMeshError(error) && error.code !== 'MESH_ABORTED') return undefined;
		throw error;
	});
	if (!answer) return { outcome: 'unreachable' };
	const { tracking, facts, clockDifferenceMs } = answer;
	if (tracking.outcome !== 'found') return tracking;
	const { record } = tracking;
	const why = whyNotOurs({ record, facts }, upload, clockDifferenceMs);
	if (why !== undefined) return { outcome: why };
	return judge(record, upload);
}

/** What the status of our record means. Nobody has sent a second chunk yet, so that more than one cannot be there. */
function judge(record: TrackingRecord, { plan, claimant }: Upload): SettledOutcome {
	const { messageId, status } = record;
	switch (status) {
		case undefined:
			return { outcome: 'unfinished' };
		case 'undeliverable':
		case 'error':
			claims.take(claimant, messageId);
			return { outcome: 'failed', error: failedInMesh(record) };
		case 'uploading':
			if (plan.chunkCount === 1) return { outcome: 'unfinished' };
			break;
		default:
			if (plan.chunkCount > 1) return { outcome: 'different' };
	}
	claims.take(claimant, messageId);
	return { outcome: 'found', messageId, complete: plan.chunkCount === 1 };
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
	undated: 'MESH has one message with its local ID and does not say from when',
	older: 'MESH has only an older message with its local ID',
	otherClock: 'MESH has one message with its local ID, which may be older: the clocks of MESH and of this host do not agree',
	known: 'MESH has only another message with its local ID, which was sent before',
	different: 'MESH has only a message with its local ID that differs from this one',
	rival:
		'MESH has one message with its local ID, which may be that of another send with the same local ID whose outcome is not known either',
	unfinished: 'MESH shows it as still being uploaded, or does not say how far it is',
	unreachable: 'tracking could not be asked',
};

/** MESH may have the message, and tracking could not tell: somebody has to find out before it is sent again. */
export function outcomeUnknown(upload: Upload, call: string, cause: MeshError | undefined, why: Unsettled): MeshError {
	const { localId } = upload;
	const isAmongOthers = !['none', 'unfinished', 'unreachable'].includes(why);
	return new MeshError(
		`It is not known whether MESH has the message with local ID ${localId}: there was no clear answer, and ${WHY[why]}`,
		{
			code: 'MESH_SEND_OUTCOME_UNKNOWN',
			call,
			localId,
			httpStatus: cause?.httpStatus,
			networkCode: cause?.networkCode,
			meshText: cause?.meshText,
			ambiguous: true,
			temporary: false,
			unsettled: unsettledSend(upload),
			hint:
				`Track the message by its local ID ${localId} before sending it again, or ask the recipient. Sending again could deliver it twice. ` +
				(isAmongOthers
					? 'A local ID that is unique to each message lets this check tell them apart; left empty, one is made.'
					: 'A unique local ID for each message makes this check reliable.'),
		},
	);
}

/** Cancelled when a request of the message was on its way: the same doubt, for somebody who may start it anew. */
export function cancelledInDoubt(upload: Upload, cancelled: MeshError): MeshError {
	const { localId } = upload;
	return withDetails(cancelled, {
		localId,
		ambiguous: true,
		unsettled: unsettledSend(upload),
		hint: `MESH may have taken the message. Track it by its local ID ${localId} before sending it again: sending again could deliver it twice.`,
	});
}

/** MESH gives the time of an upload in whole seconds. */
const ROUNDING_MS = 2_000;

/** What it takes to tell whether a record is of a send. */
type Sent = Pick<Upload, 'ownLocalId' | 'headers' | 'sizes' | 'claimant' | 'startedAt' | 'isOtherMessage'>;

/**
 * Why a record with our local ID cannot be taken for the message just sent; undefined where it is ours. With a UUID of ours
 * only another send that owns the message speaks against it. A local ID given by the caller may have been used by anybody:
 * another message must not pass for this one, which would then be lost, and get its chunks.
 */
export function whyNotOurs(
	found: FoundRecord,
	{ ownLocalId, headers, sizes, claimant, startedAt, isOtherMessage }: Sent,
	clockDifferenceMs: number,
): NotOurs | undefined {
	const { messageId, uploadTimestamp, localId } = found.record;
	if (localId !== undefined && localId !== headers['mex-localid']) return 'different';
	if (!ownLocalId) {
		if (uploadTimestamp === undefined) return 'undated';
		const earliest = startedAt - ROUNDING_MS;
		const wasBefore = [earliest, earliest + clockDifferenceMs].map((moment) => uploadTimestamp.getTime() < moment);
		// The server's date may come from a proxy, and its times from another clock: one of the two is no proof.
		if (wasBefore.includes(true)) return wasBefore.includes(false) ? 'otherClock' : 'older';
		if (!couldBe(found, headers, sizes)) return 'different';
		if (isOtherMessage(messageId)) return 'known';
		if (claims.hasRival(claimant, found)) return 'rival';
	}
	return claims.isOfAnother(claimant, messageId) ? 'known' : undefined;
}

/** Whether all that a record says of its message is true of the one with these headers, so that it could be it. */
export function couldBe({ record: { messageId }, facts }: FoundRecord, headers: Record<string, string>, sizes: readonly number[]): boolean {
	const agrees = (said: string | undefined, header: string) => said === undefined || said.trim() === (headers[header] ?? '');
	const agreesInAnyCase = (said: string | undefined, header: string) =>
		said === undefined || said.trim().toUpperCase() === (headers[header] ?? '').toUpperCase();
	// Who the practice of a patient is, MESH finds out itself.
	const isToPractice = /^GPPROVIDER/i.test(headers['mex-to']);
	const isNamedByMesh = headers['mex-filename'] === undefined && (facts.fileName ?? '').startsWith(messageId);
	return (
		(isToPractice || agreesInAnyCase(facts.recipient, 'mex-to')) &&
		agrees(facts.workflowId, 'mex-workflowid') &&
		agrees(facts.subject, 'mex-subject') &&
		(isNamedByMesh || agrees(facts.fileName, 'mex-filename')) &&
		agreesInAnyCase(facts.checksum, 'mex-content-checksum') &&
		(facts.storedBytes === undefined || sizes.includes(facts.storedBytes))
	);
}

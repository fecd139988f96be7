import { notFromMesh } from '../answers';
import { endpoints } from '../endpoints';
import { isMeshError } from '../errors';
import type { MeshError } from '../errors';
import { exchange, isConsumedToken } from '../exchange';
import { isMessageId } from '../values';
import type { ChunkBody, Upload } from './upload';
import type { SendOptions } from './chunkPlan';
import { claims } from './claims';
import { cancelledInDoubt, outcomeUnknown, settleOutcome } from './doubt';
import type { SettledOutcome } from './doubt';
import { chunkDone, watchedBody } from './upload';

export const SEND_CALL = 'send the message';

interface FirstChunkSent {
	messageId: string;
	settledByTracking: boolean;
	/** MESH has the whole message: nothing is left to be sent. */
	complete: boolean;
}

/**
 * The request that creates a message (MESH API, send message). It is not repeated once it may have arrived: tracking by the
 * local ID has to tell, and where it cannot the caller must decide.
 */
export async function sendFirstChunk(upload: Upload, options: SendOptions): Promise<FirstChunkSent> {
	const { plan, claimant } = upload;
	const chunk = await upload.bodies.take(1);
	if (plan.chunkCount === 1) upload.sizes.push(chunk.length);
	claims.open(claimant);
	try {
		return await sendOrFind(upload, chunk, options);
	} catch (error) {
		// In doubt, a record that appears later may be of this send.
		if (isMeshError(error) && error.unsettled === undefined) claims.withdraw(claimant);
		throw error;
	}
}

async function sendOrFind(
	upload: Upload,
	chunk: ChunkBody,
	{ sendAgainWhenNoRecord = false, unsettled }: SendOptions,
): Promise<FirstChunkSent> {
	const { connection, plan, localId } = upload;
	// A request of this message may have arrived without our knowing.
	let inDoubt = unsettled !== undefined;
	if (inDoubt) {
		const settled = await settle(upload);
		if ('messageId' in settled) return found(upload, chunk, settled);
		if (settled.outcome !== 'none' || !sendAgainWhenNoRecord) throw outcomeUnknown(upload, SEND_CALL, undefined, settled.outcome);
	}
	for (let round = 1; ; round++) {
		let error: MeshError;
		try {
			const messageId = await post(upload, chunk);
			confirm(upload, messageId, chunk);
			return { messageId, settledByTracking: false, complete: plan.chunkCount === 1 };
		} catch (failure) {
			if (!isMeshError(failure)) throw failure;
			error = failure;
		}
		// A token that MESH has seen before: something on the way sent our request twice, and the first may have arrived.
		const mayHaveArrived = error.ambiguous === true || isConsumedToken(error);
		inDoubt ||= mayHaveArrived;
		if (!inDoubt) throw error;
		if (error.code === 'MESH_ABORTED') throw cancelledInDoubt(upload, error);

		connection.logger.warn(`Outcome of a send unknown, asking tracking for local ID ${localId}`, { localId, code: error.code });
		const settled = await settle(upload);
		if ('messageId' in settled) return found(upload, chunk, settled);
		const again = settled.outcome === 'none' && sendAgainWhenNoRecord && mayHaveArrived && round < connection.settings.retry.attempts;
		if (!again) throw outcomeUnknown(upload, SEND_CALL, error, settled.outcome);
		connection.logger.warn(`MESH has no record of local ID ${localId}, sending it again`, { localId });
	}
}

/** Asks tracking. Throws where MESH has the message and could not deliver it, and when it is cancelled. */
async function settle(upload: Upload): Promise<Exclude<SettledOutcome, { outcome: 'failed' }>> {
	const settled = await settleOutcome(upload).catch((reason: unknown) => {
		throw isMeshError(reason) && reason.code === 'MESH_ABORTED' ? cancelledInDoubt(upload, reason) : reason;
	});
	if (settled.outcome === 'failed') throw settled.error;
	return settled;
}

function found(upload: Upload, chunk: ChunkBody, { messageId, complete }: { messageId: string; complete: boolean }): FirstChunkSent {
	confirm(upload, messageId, chunk);
	return { messageId, settledByTracking: true, complete };
}

async function post(upload: Upload, chunk: ChunkBody): Promise<string> {
	const { connection, plan, headers, localId, signal, claimant } = upload;
	return await exchange(connection, {
		call: SEND_CALL,
		method: 'POST',
		path: endpoints.outbox(connection.settings.mailboxId),
		headers: {
			...headers,
			'mex-chunk-range': `1:${plan.chunkCount}`,
			...(plan.compressed ? { 'content-encoding': 'gzip' } : {}),
		},
		body: () => watchedBody(upload, 1, chunk.body()),
		repeat: 'never',
		signal,
		localId,
		to: headers['mex-to'],
		workflowId: headers['mex-workflowid'],
		success: {
			form: 'object',
			read(answer) {
				const messageId = answer.message_id ?? answer.messageID;
				if (!isMessageId(messageId)) throw notFromMesh('it names no message ID');
				// An answer given twice, by a cache or a proxy: the chunks that follow must not go into another message.
				if (!claims.take(claimant, messageId)) throw notFromMesh('it names a message that another send has made');
				return messageId;
			},
		},
	});
}

function confirm(upload: Upload, messageId: string, chunk: ChunkBody): void {
	chunkDone(upload, messageId, 1, chunk.length);
}

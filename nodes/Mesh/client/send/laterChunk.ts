import { endpoints } from '../endpoints';
import { MeshError, isMeshError } from '../errors';
import { exchange } from '../exchange';
import { track } from '../tracking';
import type { ChunkBody, Upload } from './upload';
import { failedInMesh } from './doubt';
import { chunkDone, uploadState, watchedBody } from './upload';

/**
 * One of the chunks 2 to n (MESH API, chunked sending), repeated where that helps. `already` means that MESH had the whole
 * message before: an answer to an earlier attempt, or to an earlier call, was lost.
 */
export async function sendLaterChunk(upload: Upload, messageId: string, chunk: number): Promise<'sent' | 'already'> {
	let error: MeshError;
	try {
		return await attempt(upload, messageId, chunk);
	} catch (failure) {
		if (!isMeshError(failure)) throw failure;
		error = failure;
	}
	const isLast = chunk === upload.plan.chunkCount;
	if (isLast && error.ambiguous && error.code !== 'MESH_ABORTED' && (await isComplete(upload, messageId))) {
		chunkDone(upload, messageId, chunk, 0);
		return 'already';
	}
	throw interrupted(upload, messageId, chunk, error);
}

async function attempt(upload: Upload, messageId: string, chunk: number): Promise<'sent' | 'already'> {
	const body = await upload.bodies.take(chunk);
	const outcome = await post(upload, messageId, chunk, body);
	if (outcome === 'already' && !(await isComplete(upload, messageId))) throw alreadyFinal(messageId);
	chunkDone(upload, messageId, chunk, body.length);
	return outcome;
}

async function post(upload: Upload, messageId: string, chunk: number, { body }: ChunkBody): Promise<'sent' | 'already'> {
	const { connection, plan, localId, signal, continued } = upload;
	return await exchange<'sent' | 'already'>(connection, {
		call: `send chunk ${chunk} of ${plan.chunkCount}`,
		method: 'POST',
		path: endpoints.outboxChunk(connection.settings.mailboxId, messageId, chunk),
		headers: {
			'mex-from': connection.settings.mailboxId,
			'mex-chunk-range': `${chunk}:${plan.chunkCount}`,
			'content-type': 'application/octet-stream',
			// MESH wants the same on every chunk of a message.
			...(plan.compressed ? { 'content-encoding': 'gzip' } : {}),
		},
		body: () => watchedBody(upload, chunk, body()),
		repeat: 'idempotent',
		signal,
		messageId,
		localId,
		// An empty answer is MESH's only with the status that MESH gives: a proxy's own would be 200.
		success: { form: 'nothing', id: messageId, emptyWith: 202, read: () => 'sent' },
		// "Already complete" is good news where the last chunk, or an earlier call, may have got through. Tracking confirms it.
		alsoAnswers: chunk === plan.chunkCount || continued ? { 423: () => 'already' } : {},
	});
}

/** Whether MESH has the whole message; a failure of tracking counts as no. */
async function isComplete({ connection, signal }: Upload, messageId: string): Promise<boolean> {
	const record = await track(connection, messageId, { signal }).catch((error: unknown) => {
		if (isMeshError(error) && error.code !== 'MESH_ABORTED') return undefined;
		throw error;
	});
	if (record?.status === 'undeliverable' || record?.status === 'error') throw failedInMesh(record);
	return record?.status === 'accepted' || record?.status === 'acknowledged';
}

function alreadyFinal(messageId: string): MeshError {
	return new MeshError('MESH takes no more chunks of this message, and tracking does not show it as complete', {
		code: 'MESH_STATUS',
		httpStatus: 423,
		messageId,
		temporary: false,
		hint: 'Track the message; if it does not become accepted, send it anew.',
	});
}

/** The same failure, with all that is needed to go on. */
function interrupted(upload: Upload, messageId: string, chunk: number, cause: MeshError): MeshError {
	const { plan, localId } = upload;
	const aborted = cause.code === 'MESH_ABORTED';
	const brokeOff = `The upload of message ${messageId} ${aborted ? 'was cancelled' : 'broke off'} at chunk ${chunk} of ${plan.chunkCount}`;
	return new MeshError(`${brokeOff}: ${cause.message}`, {
		title: cause.title && `${brokeOff}: ${cause.title}`,
		code: aborted ? 'MESH_ABORTED' : 'MESH_UPLOAD_INTERRUPTED',
		call: 'send the message',
		messageId,
		localId,
		httpStatus: cause.httpStatus,
		meshEvent: cause.meshEvent,
		meshCode: cause.meshCode,
		meshText: cause.meshText,
		networkCode: cause.networkCode,
		parameter: cause.parameter,
		temporary: cause.temporary,
		ambiguous: cause.ambiguous,
		hint: `MESH has chunks 1 to ${chunk - 1} and delivers nothing until the last one is there. Continue this upload with the same content.${cause.hint ? ` ${cause.hint}` : ''}`,
		upload: uploadState(upload, messageId, chunk),
	});
}

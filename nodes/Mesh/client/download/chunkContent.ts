import { gunzipPieces } from '../compression/gunzipPieces';
import type { MeshConnection } from '../connection';
import { isMeshError } from '../errors';
import type { MeshError } from '../errors';
import { abortedError } from '../failures/aborted';
import { asMeshError } from '../failures/asMeshError';
import { errorCode } from '../failures/errorCode';
import type { ResponseBody } from '../http/responseBody';
import { mayRepeat } from '../retry/mayRepeat';
import { retryDelay } from '../retry/retryDelay';
import { DOWNLOAD_CALL, integrityError } from './chunkResponse';
import type { ChunkResponse } from './chunkResponse';
import { DeliveredPart } from './deliveredPart';
import type { LimitChecks } from './limits';

export interface ChunkReading {
	connection: MeshConnection;
	messageId: string;
	limits: LimitChecks;
	signal: AbortSignal;
	/** The chunk, requested anew each time. */
	request(): Promise<ChunkResponse>;
	/** Decoded bytes of this chunk so far, those that were delivered, and which share of it has arrived, from 0 to 1 (0 where unknown). */
	onBytes(bytes: number, share: number): void;
	/** Called while the rest of the chunk is short or unknown, for reading ahead. */
	onNearEnd(): void;
}

/** From here on the next chunk is requested, so that it neither comes late nor waits long. */
const NEAR_END_BYTES = 8 * 1024 * 1024;

/**
 * The decoded bytes of one chunk, each exactly once. When the body breaks off half-way the chunk is requested again, and
 * what was delivered before is passed over, if it leads up to the same bytes. Returns the transmitted bytes.
 */
export async function* chunkContent(reading: ChunkReading): AsyncGenerator<Buffer, number, void> {
	const { connection, messageId } = reading;
	const { runtime, settings } = connection;
	const delivered = new DeliveredPart();
	for (let attempt = 1; ; attempt++) {
		let failure: MeshError | undefined;
		let chunk: ChunkResponse | undefined;
		try {
			chunk = await reading.request();
			yield* undeliveredPieces(reading, chunk, delivered);
		} catch (error) {
			failure = decodingFailure(error, messageId);
		} finally {
			chunk?.body.discard();
		}
		if (!failure) return chunk?.body.receivedBytes ?? 0;
		// A request that failed has been repeated already.
		if (!chunk || failure.code === 'MESH_INTEGRITY' && failure.networkCode === undefined) throw failure;
		if (!mayRepeat({ repeat: 'read', error: failure, attempt, attempts: settings.retry.attempts })) throw failure;
		const delay = retryDelay({ attempt, random: runtime.random(), policy: settings.retry });
		connection.logger.debug(`Message ${messageId}: a chunk broke off, requesting it again`, { messageId, attempt, code: failure.code });
		await runtime.sleep(delay, reading.signal).catch(() => {});
		if (reading.signal.aborted) throw abortedError(DOWNLOAD_CALL);
	}
}

async function* undeliveredPieces(reading: ChunkReading, chunk: ChunkResponse, delivered: DeliveredPart): AsyncGenerator<Buffer, void, void> {
	const before = delivered.bytes;
	let position = 0;
	for await (const piece of decodedPieces(reading, chunk)) {
		if ((chunk.announcedBytes ?? 0) - chunk.body.receivedBytes <= NEAR_END_BYTES) reading.onNearEnd();
		const known = Math.min(piece.length, before - position);
		if (known > 0 && !delivered.agreesWith(piece.subarray(0, known), position)) {
			throw integrityError(reading.messageId, 'a chunk that was requested again has other content than before');
		}
		position += piece.length;
		if (known >= piece.length) continue;
		const fresh = known > 0 ? piece.subarray(known) : piece;
		delivered.add(fresh);
		reading.onBytes(delivered.bytes, chunk.announcedBytes ? chunk.body.receivedBytes / chunk.announcedBytes : 0);
		yield fresh;
	}
	if (position < before) throw integrityError(reading.messageId, 'a chunk that was requested again is shorter than before');
}

async function* decodedPieces({ limits }: ChunkReading, { body, gzipped, announcedBytes }: ChunkResponse): AsyncGenerator<Buffer, void, void> {
	if (!gzipped) return yield* plainPieces(body);
	let transmitted = 0;
	let decoded = 0;
	const onInput = (bytes: number) => limits.transmitted((transmitted += bytes));
	for await (const piece of gunzipPieces(body, announcedBytes, onInput)) {
		decoded += piece.length;
		limits.ratio(decoded, transmitted);
		yield piece;
	}
}

async function* plainPieces(body: ResponseBody): AsyncGenerator<Buffer, void, void> {
	for (let batch = await body.next(); batch; batch = await body.next()) {
		yield batch.length === 1 ? batch[0] : Buffer.concat(batch);
	}
}

/** Damage that zlib finds is a fault of the transfer: the chunk is worth another try. */
function decodingFailure(error: unknown, messageId: string): MeshError {
	const code = errorCode(error);
	if (!isMeshError(error) && code !== undefined && /^(Z_|ERR_.*ZLIB)/.test(code)) {
		return Object.assign(integrityError(messageId, `a compressed chunk is damaged (${code})`), { networkCode: code });
	}
	return asMeshError(error, DOWNLOAD_CALL, { messageId });
}

import { createGunzip } from 'node:zlib';
import { endpoints } from '../endpoints';
import { MeshError, abortedError, asMeshError, errorCode, isMeshError } from '../errors';
import { exchange, mayRepeat, retryDelay } from '../exchange';
import type { MeshConnection } from '../exchange';
import { headerOf, unreadable } from '../http/response';
import type { ResponseBody, ResponseHeaders } from '../http/response';
import { checkFromMesh, parseChunkRange } from '../messageHeaders';
import type { ChunkRange } from '../messageHeaders';
import { DOWNLOAD_CALL, integrityError } from './limits';
import type { LimitChecks } from './limits';


/** A chunk whose headers have come; its body is still to be read. */
export interface ChunkResponse {
	status: number;
	headers: ResponseHeaders;
	/** Absent where MESH sent none. */
	range?: ChunkRange;
	gzipped: boolean;
	/** Transmitted bytes of the body, where announced. */
	announcedBytes?: number;
	body: ResponseBody;
}

/** Requests one chunk (MESH API, download message and chunks). How it is encoded is told by `content-encoding` alone. */
export async function requestChunk(
	connection: MeshConnection,
	messageId: string,
	chunk: number,
	signal: AbortSignal,
): Promise<ChunkResponse> {
	return await exchange(
		connection,
		{
			call: DOWNLOAD_CALL,
			method: 'GET',
			path: endpoints.messageChunk(connection.settings.mailboxId, messageId, chunk),
			headers: { 'accept-encoding': 'gzip' },
			repeat: 'read',
			signal,
			messageId,
		},
		async ({ status, headers, body }) => {
			checkFromMesh({ status, headers }, DOWNLOAD_CALL);
			const rawRange = headerOf(headers, 'mex-chunk-range')?.trim();
			const range = parseChunkRange(rawRange);
			if (rawRange && !range) throw integrityError(messageId, 'its chunk range cannot be read');
			const length = headerOf(headers, 'content-length');
			return {
				status,
				headers,
				range,
				gzipped: isGzip(headerOf(headers, 'content-encoding')),
				announcedBytes: length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined,
				body,
			};
		},
	);
}

function isGzip(encoding: string | undefined): boolean {
	const name = encoding?.trim().toLowerCase() ?? '';
	if (name === '' || name === 'identity') return false;
	if (name === 'gzip' || name === 'x-gzip') return true;
	throw unreadable(DOWNLOAD_CALL, 200, 'its content encoding is not one that was asked for');
}

interface ChunkReading {
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

/**
 * Kept of what was delivered. A checksum over everything would cost a tenth of the time of a download, for the rare chunk that
 * is requested again; these bytes tell another chunk, or a shifted one, as surely.
 */
const TAIL_BYTES = 4 * 1024;

/** How much of a chunk its reader has, and the end of it. */
export class DeliveredPart {
	bytes = 0;
	#tail: Buffer = Buffer.of();

	add(piece: Buffer): void {
		this.bytes += piece.length;
		const fresh = piece.subarray(Math.max(0, piece.length - TAIL_BYTES));
		const kept = Math.min(this.#tail.length, TAIL_BYTES - fresh.length);
		this.#tail = Buffer.concat([this.#tail.subarray(this.#tail.length - kept), fresh]);
	}

	/** False when a piece that begins at `position` of the chunk differs from the end of what was delivered. */
	agreesWith(piece: Buffer, position: number): boolean {
		const tailStart = this.bytes - this.#tail.length;
		const from = Math.max(position, tailStart);
		const to = Math.min(position + piece.length, this.bytes);
		if (from >= to) return true;
		return this.#tail.subarray(from - tailStart, to - tailStart).equals(piece.subarray(from - position, to - position));
	}
}

/** Measured: large steps into and out of zlib cost a tenth less than its defaults. */
const MAX_STEP_BYTES = 1024 * 1024;
const MIN_STEP_BYTES = 16 * 1024;

/** Decoded pieces of a gzip body, at the reader's pace. `onInput` is told the bytes given to zlib. */
export async function* gunzipPieces(
	body: ResponseBody,
	announcedBytes: number | undefined,
	onInput: (bytes: number) => void,
): AsyncGenerator<Buffer, void, void> {
	const expected = announcedBytes === undefined ? MAX_STEP_BYTES : announcedBytes * 4;
	const gunzip = createGunzip({ chunkSize: Math.min(MAX_STEP_BYTES, Math.max(MIN_STEP_BYTES, expected)) });
	const feeding = feed(body, gunzip, onInput);
	feeding.catch((error: Error) => gunzip.destroy(error));
	try {
		yield* gunzip as AsyncIterable<Buffer>;
		await feeding;
	} finally {
		gunzip.destroy();
	}
}

async function feed(body: ResponseBody, gunzip: NodeJS.WritableStream, onInput: (bytes: number) => void): Promise<void> {
	for (let batch = await body.next(); batch; batch = await body.next()) {
		const bytes = batch.length === 1 ? batch[0] : Buffer.concat(batch);
		onInput(bytes.length);
		// Resolves when zlib has used the bytes up, which it does at the pace at which its output is read.
		const open = await new Promise<boolean>((resolve) => {
			const onClose = () => resolve(false);
			gunzip.once('close', onClose);
			gunzip.write(bytes, () => {
				gunzip.removeListener('close', onClose);
				resolve(true);
			});
		});
		if (!open) return body.discard();
	}
	gunzip.end();
}

import { createGunzip } from 'node:zlib';
import type { Gunzip } from 'node:zlib';
import { notFromMesh } from '../answers';
import type { MeshAnswer } from '../answers';
import { endpoints } from '../endpoints';
import { CodedError, MeshError, abortedError, asMeshError, errorCode, isMeshError } from '../errors';
import { exchange, mayRepeat, retryDelay } from '../exchange';
import type { MeshCall, MeshConnection } from '../exchange';
import { headerOf } from '../http/response';
import type { ResponseBody, ResponseHeaders } from '../http/response';
import { parseChunkRange } from '../messageHeaders';
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
	/** Nothing but the end of the connection ends the body, and a connection can also end too early. */
	openEnded: boolean;
	body: ResponseBody;
}

/** How a chunk is asked for: in transfer compression, or as it is where that has been in doubt. */
export type ChunkCoding = 'gzip' | 'identity';

/** Requests one chunk (MESH API, download message and chunks). How it is encoded is told by `content-encoding` alone. */
export async function requestChunk(
	connection: MeshConnection,
	messageId: string,
	chunk: number,
	{
		signal,
		ahead,
		attemptsBefore,
		coding = 'gzip',
	}: { signal: AbortSignal; coding?: ChunkCoding } & Pick<MeshCall<unknown>, 'ahead' | 'attemptsBefore'>,
): Promise<ChunkResponse> {
	return await exchange(connection, {
		call: DOWNLOAD_CALL,
		method: 'GET',
		path: endpoints.messageChunk(connection.settings.mailboxId, messageId, chunk),
		headers: { 'accept-encoding': coding },
		repeat: 'read',
		signal,
		ahead,
		attemptsBefore,
		messageId,
		success: { form: 'message', read: (answer) => chunkResponse(answer, messageId) },
	});
}

function chunkResponse({ status, headers, body }: MeshAnswer, messageId: string): ChunkResponse {
	const rawRange = headerOf(headers, 'mex-chunk-range')?.trim();
	const range = parseChunkRange(rawRange);
	if (rawRange && !range) throw integrityError(messageId, 'its chunk range cannot be read', { retryable: true });
	const length = headerOf(headers, 'content-length');
	const gzipped = isGzip(headerOf(headers, 'content-encoding'), messageId);
	const announcedBytes = length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
	const isChunked = /\bchunked\b/i.test(headerOf(headers, 'transfer-encoding') ?? '');
	// gzip has an end of its own.
	const openEnded = announcedBytes === undefined && !isChunked && !gzipped;
	return { status, headers, range, gzipped, announcedBytes, openEnded, body };
}

function isGzip(encoding: string | undefined, messageId: string): boolean {
	const names = (encoding ?? '')
		.toLowerCase()
		.split(',')
		.map((name) => name.trim())
		.filter((name) => name !== '' && name !== 'identity');
	if (names.length === 0) return false;
	if (names.some((name) => name !== 'gzip' && name !== 'x-gzip')) throw notFromMesh('its content encoding is not one that was asked for');
	if (names.length > 1) throw integrityError(messageId, 'it was compressed more than once on the way', { retryable: true });
	return true;
}

interface ChunkReading {
	connection: MeshConnection;
	messageId: string;
	limits: LimitChecks;
	signal: AbortSignal;
	/** The chunk, requested anew each time. `isEarly`: its request was made ahead, and not repeated yet where it failed. */
	request(coding: ChunkCoding, attemptsBefore: number): { answer: Promise<ChunkResponse>; isEarly: boolean };
	/** A checksum over the whole content will tell whether all of it came. */
	isVerified: boolean;
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
	let coding: ChunkCoding = 'gzip';
	let attemptsBefore = 0;
	for (let attempt = 1; ; attempt++) {
		let failure: MeshError;
		let chunk: ChunkResponse | undefined;
		const { answer, isEarly } = reading.request(coding, attemptsBefore);
		try {
			chunk = await answer;
			if (chunk.openEnded && !reading.isVerified) {
				throw integrityError(messageId, 'nothing tells the end of its content from a broken connection', { retryable: true });
			}
			yield* undeliveredPieces(reading, chunk, delivered, coding);
			return chunk.body.receivedBytes;
		} catch (error) {
			failure = decodingFailure(error, messageId);
		} finally {
			chunk?.body.discard();
		}
		// A request that failed has been repeated already.
		const isWorthAnother = chunk !== undefined || isEarly;
		if (!isWorthAnother || !mayRepeat({ repeat: 'read', error: failure, attempt, attempts: settings.retry.attempts })) throw failure;
		attemptsBefore = chunk === undefined ? 1 : 0;
		if (failure.networkCode === GZIP_IN_GZIP) coding = 'identity';
		const delay = retryDelay({ attempt, random: runtime.random(), policy: settings.retry, retryAfter: failure.retryAfterMs });
		connection.logger.debug(`Message ${messageId}: a chunk broke off, requesting it again`, { messageId, attempt, code: failure.code });
		await runtime.sleep(delay, reading.signal).catch(() => {});
		if (reading.signal.aborted) throw abortedError(DOWNLOAD_CALL);
	}
}

async function* undeliveredPieces(
	reading: ChunkReading,
	chunk: ChunkResponse,
	delivered: DeliveredPart,
	coding: ChunkCoding,
): AsyncGenerator<Buffer, void, void> {
	const before = delivered.bytes;
	let position = 0;
	for await (const piece of decodedPieces(reading, chunk, coding)) {
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
	// MESH takes no empty message, and whoever cuts content into chunks leaves none of them empty.
	if (position === 0) throw integrityError(reading.messageId, 'a chunk came without any content', { retryable: true });
}

async function* decodedPieces(
	{ limits, messageId }: ChunkReading,
	chunk: ChunkResponse,
	coding: ChunkCoding,
): AsyncGenerator<Buffer, void, void> {
	const { body, gzipped, announcedBytes } = chunk;
	if (!gzipped) return yield* plainPieces(body);
	let transmitted = 0;
	let decoded = 0;
	const onInput = (bytes: number) => limits.transmitted((transmitted += bytes));
	for await (const piece of withFullStart(gunzipPieces(body, announcedBytes, onInput))) {
		if (decoded === 0 && isGzipStart(piece) && mayBeGzipInGzip(chunk, coding)) {
			throw integrityError(messageId, 'its content is compressed once more than it says', {
				retryable: coding === 'gzip',
				networkCode: GZIP_IN_GZIP,
			});
		}
		decoded += piece.length;
		limits.ratio(decoded, transmitted);
		yield piece;
	}
}

/** Says why a chunk is asked for again without compression. */
const GZIP_IN_GZIP = 'MESH_GZIP_IN_GZIP';
const GZIP_START = Buffer.of(0x1f, 0x8b, 0x08);

const isGzipStart = (piece: Buffer): boolean => piece.subarray(0, GZIP_START.length).equals(GZIP_START);

/**
 * Unpacked content that begins like gzip is a packed file, or was packed twice by something on the way. Asked for without
 * compression, MESH tells which. A server that compresses all the same leaves nothing to go by but what the message says of itself.
 */
function mayBeGzipInGzip({ headers }: ChunkResponse, coding: ChunkCoding): boolean {
	if (coding === 'gzip') return true;
	const says = ['mex-filename', 'mex-content-type', 'content-type'].map((name) => headerOf(headers, name) ?? '');
	return !says.some((text) => /gz/i.test(text));
}

/** The pieces, the first of them long enough to be recognised. */
async function* withFullStart(pieces: AsyncGenerator<Buffer, void, void>): AsyncGenerator<Buffer, void, void> {
	let start: Buffer | undefined = Buffer.of();
	for await (const piece of pieces) {
		if (start === undefined) yield piece;
		else if ((start = Buffer.concat([start, piece])).length >= GZIP_START.length) {
			yield start;
			start = undefined;
		}
	}
	if (start !== undefined && start.length > 0) yield start;
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
		return integrityError(messageId, `a compressed chunk is damaged (${code})`, { retryable: true, networkCode: code });
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

/**
 * Decoded pieces of a gzip body, at the reader's pace; none of an empty one, whatever its label. `onInput` is told the bytes given to
 * zlib. Zeros behind the end are padding, as for gzip; anything else there is damage.
 */
export async function* gunzipPieces(
	body: ResponseBody,
	announcedBytes: number | undefined,
	onInput: (bytes: number) => void,
): AsyncGenerator<Buffer, void, void> {
	const first = await body.next();
	if (first === undefined) return;
	const expected = announcedBytes === undefined ? MAX_STEP_BYTES : announcedBytes * 4;
	const gunzip = createGunzip({ chunkSize: Math.min(MAX_STEP_BYTES, Math.max(MIN_STEP_BYTES, expected)) });
	const feeding = feed(body, first, gunzip, onInput);
	feeding.catch((error: Error) => gunzip.destroy(error));
	try {
		yield* gunzip as AsyncIterable<Buffer>;
		await feeding;
	} finally {
		gunzip.destroy();
	}
}

async function feed(body: ResponseBody, first: Buffer[], gunzip: Gunzip, onInput: (bytes: number) => void): Promise<void> {
	let fed = 0;
	for (let batch: Buffer[] | undefined = first; batch; batch = await body.next()) {
		const bytes = batch.length === 1 ? batch[0] : Buffer.concat(batch);
		onInput(bytes.length);
		const isOver = gunzip.bytesWritten < fed;
		fed += bytes.length;
		// Resolves when zlib has used the bytes up, which it does at the pace at which its output is read.
		if (!isOver && !(await written(gunzip, bytes))) return body.discard();
		const unused = isOver ? bytes.length : fed - gunzip.bytesWritten;
		if (bytes.subarray(bytes.length - unused).some((byte) => byte !== 0)) throw new CodedError('Z_DATA_ERROR');
	}
	gunzip.end();
}

/** False when zlib was closed instead. */
async function written(gunzip: Gunzip, bytes: Buffer): Promise<boolean> {
	return await new Promise<boolean>((resolve) => {
		const onClose = () => resolve(false);
		gunzip.once('close', onClose);
		gunzip.write(bytes, () => {
			gunzip.removeListener('close', onClose);
			resolve(true);
		});
	});
}

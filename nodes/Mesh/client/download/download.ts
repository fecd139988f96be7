import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { checkMessageId, isSameMessage, readChecksum } from '../values';
import type { KnownChecksum } from '../values';
import { abortedError, throwIfAborted } from '../errors';
import type { CallOptions, MeshConnection } from '../exchange';
import { headerOf } from '../http/response';
import { parseMessageHeaders } from '../messageHeaders';
import type { MessageHeaders } from '../messageHeaders';
import { TransferLog } from '../transferLog';
import type { ChunkProgress, TransferTotals } from '../transferLog';
import { chunkContent, requestChunk } from './chunk';
import type { ChunkCoding, ChunkResponse } from './chunk';
import { DOWNLOAD_CALL, LimitChecks, integrityError } from './limits';
import type { DownloadLimits } from './limits';

export interface DownloadOptions extends CallOptions {
	limits?: DownloadLimits;
	/** Chunks requested ahead of the one being read. Default 1. */
	readAhead?: number;
	onChunk?: (progress: ChunkProgress) => void;
}

/**
 * A message being downloaded. Read `body` to its end before acknowledging: every fault of a later chunk surfaces as an
 * error of `body`. Not reading it to the end requires `discard()`.
 */
export interface IncomingMessage {
	headers: MessageHeaders;
	/** Decoded content, chunks joined in order; ends without data for a REPORT. */
	body: Readable;
	/** Decoded size where it is known before reading (a single chunk, not compressed). */
	size?: number;
	/** Set when `body` has ended. */
	received?: TransferTotals;
	/** Gives the connection back without reading the rest. */
	discard(): Promise<void>;
}

const DEFAULT_READ_AHEAD = 1;

/** Downloads a message (MESH API, download message): its headers now, its content as a stream. */
export async function download(connection: MeshConnection, messageId: string, options: DownloadOptions = {}): Promise<IncomingMessage> {
	const { signal } = options;
	const id = checkMessageId(messageId);
	throwIfAborted(DOWNLOAD_CALL, signal);
	const startedAt = connection.runtime.now();
	// Ends the requests of this download; the caller's signal works through it.
	const stop = new AbortController();
	const onAbort = () => stop.abort();
	signal?.addEventListener('abort', onAbort, { once: true });
	const first = await requestChunk(connection, id, 1, { signal: stop.signal }).finally(() => signal?.removeEventListener('abort', onAbort));
	let opened: IncomingMessage | undefined;
	try {
		return (opened = open(connection, id, first, { ...options, startedAt }, stop));
	} finally {
		if (!opened) first.body.discard();
	}
}

function open(
	connection: MeshConnection,
	messageId: string,
	first: ChunkResponse,
	options: DownloadOptions & { startedAt: number },
	stop: AbortController,
): IncomingMessage {
	const { signal, onChunk, readAhead = DEFAULT_READ_AHEAD } = options;
	if (signal?.aborted) throw abortedError(DOWNLOAD_CALL);
	const headers = parseMessageHeaders(first.headers, messageId, connection.settings.redact);
	if (!isSameMessage(headers.messageId, messageId)) throw integrityError(messageId, 'the answer is about another message');
	checkFirstChunk(first, headers);
	const limits = new LimitChecks(messageId, options.limits);
	limits.chunkCount(headers.chunkCount);
	const size = headers.chunkCount === 1 && !first.gzipped ? first.announcedBytes : undefined;
	if (size !== undefined) limits.bytes(size);

	const totals: TransferTotals = { bytes: 0, transmittedBytes: 0, chunkCount: 0 };
	const isReport = headers.messageType === 'REPORT';
	const log = new TransferLog(connection, { verb: 'received', chunkCount: headers.chunkCount, size }, messageId, options.startedAt);
	if (isReport) {
		first.body.discard();
		connection.logger.info(`Report ${messageId} received`, { messageId });
	}
	const pieces = isReport
		? noContent()
		: messageContent({
				connection,
				messageId,
				chunkCount: headers.chunkCount,
				first,
				checksum: headers.checksum,
				limits,
				readAhead,
				signal: stop.signal,
				onChunk,
				log,
				totals,
			});
	const body = new MessageBody(pieces, stop, signal);
	const message: IncomingMessage = {
		headers,
		body,
		...(size === undefined ? {} : { size }),
		async discard() {
			if (body.closed) return;
			// Not events.once, which fails when a reader that has had enough ends the body with an error at this moment.
			const closed = new Promise<void>((resolve) => body.once('close', resolve));
			body.destroy();
			await closed;
		},
	};
	body.once('end', () => {
		message.received = totals;
		if (!isReport) log.done(totals);
	});
	return message;
}

/** A report is its headers: it has no content, whatever body it may have. */
async function* noContent(): AsyncGenerator<Buffer, void, void> {
	yield* [];
}

/** The first chunk says how many there are; content that would be missed must not pass for complete. */
function checkFirstChunk({ range, status, headers }: ChunkResponse, { messageId, messageType }: MessageHeaders): void {
	if (messageType === 'REPORT') return;
	if (!range && status === 206) throw integrityError(messageId, 'it has more chunks, but MESH did not say how many');
	if (range && range.total <= 1 && status === 206)
		throw integrityError(messageId, 'MESH says that more chunks follow, and that there are none');
	const total = Number(headerOf(headers, 'mex-total-chunks') ?? 0);
	if (total > 1 && total !== (range?.total ?? 1))
		throw integrityError(messageId, `MESH says that it has ${total} chunks, and that it has ${range?.total ?? 1}`);
	if (range && range.chunk !== 1) throw integrityError(messageId, `chunk ${range.chunk} came instead of the first`);
}

interface MessageReading {
	connection: MeshConnection;
	messageId: string;
	chunkCount: number;
	/** Chunk 1, its body unread. */
	first: ChunkResponse;
	/** As the sender gave it. */
	checksum?: string;
	limits: LimitChecks;
	/** Chunks requested ahead, at most. */
	readAhead: number;
	signal: AbortSignal;
	onChunk?: (progress: ChunkProgress) => void;
	log: TransferLog;
	totals: TransferTotals;
}

/**
 * Where nothing but the connection's end ends the content, only the sender's checksum tells whether all of it came; what has
 * another end is checked by whoever stores it, if the user wants that.
 */
function messageContent(reading: MessageReading): AsyncGenerator<Buffer, void, void> {
	const known = reading.first.openEnded && reading.checksum !== undefined ? readChecksum(reading.checksum) : undefined;
	return known ? verified(chunksContent(reading, true), known, reading.messageId) : chunksContent(reading, false);
}

async function* verified(
	content: AsyncGenerator<Buffer, void, void>,
	{ algorithm, digest }: KnownChecksum,
	messageId: string,
): AsyncGenerator<Buffer, void, void> {
	const hash = createHash(algorithm);
	for await (const piece of content) {
		hash.update(piece);
		yield piece;
	}
	if (hash.digest('hex') !== digest)
		throw integrityError(messageId, 'its content ended with the connection, and does not match the checksum of its sender');
}

/** The decoded content of all chunks in order (MESH API, download chunks): each one is decoded on its own. */
async function* chunksContent(reading: MessageReading, isVerified: boolean): AsyncGenerator<Buffer, void, void> {
	const { connection, messageId, chunkCount, limits, readAhead, signal, totals, onChunk, log } = reading;
	const requested = new Map<number, Promise<ChunkResponse>>([[1, Promise.resolve(reading.first)]]);
	const request = (chunk: number, how: { ahead?: boolean; attemptsBefore?: number; coding?: ChunkCoding }) => {
		const response = requestChunk(connection, messageId, chunk, { signal, ...how }).then((answer) => checkedChunk(reading, chunk, answer));
		response.catch(() => {}); // noticed when its turn comes
		return response;
	};
	// Their turns may be the ones that the chunk which is needed now waits for.
	const giveUpEarly = () => {
		for (const early of requested.values()) early.then(({ body }) => body.discard()).catch(() => {});
		requested.clear();
	};
	for (let chunk = 1; chunk <= chunkCount; chunk++) {
		const before = totals.bytes;
		const transmitted: number = yield* chunkContent({
			connection,
			messageId,
			limits,
			signal,
			isVerified,
			request(coding, attemptsBefore) {
				const early = requested.get(chunk);
				requested.delete(chunk);
				if (early) return { answer: early, isEarly: chunk > 1 };
				giveUpEarly();
				return { answer: request(chunk, { coding, attemptsBefore }), isEarly: false };
			},
			onBytes(bytes, share) {
				totals.bytes = before + bytes;
				log.moved((chunk - 1 + share) / chunkCount, totals.bytes);
				limits.bytes(totals.bytes);
			},
			onNearEnd() {
				for (let ahead = chunk + 1; ahead <= Math.min(chunkCount, chunk + readAhead); ahead++) {
					if (requested.has(ahead)) continue;
					if (!connection.transport.mayAskAhead()) break;
					requested.set(ahead, request(ahead, { ahead: true }));
				}
			},
		});
		totals.transmittedBytes += transmitted;
		totals.chunkCount = chunk;
		log.chunk({ chunk, bytes: totals.bytes - before, transmittedBytes: transmitted });
		log.moved(chunk / chunkCount, totals.bytes);
		onChunk?.({ messageId, chunk, chunkCount, bytes: totals.bytes, transmittedBytes: totals.transmittedBytes });
	}
}

/** A chunk must be the one that was asked for, of this message, and of as many as the first one said. */
function checkedChunk({ messageId, chunkCount }: MessageReading, chunk: number, answer: ChunkResponse): ChunkResponse {
	const { range, status, headers } = answer;
	const from = headerOf(headers, 'mex-messageid')?.trim();
	const problem =
		from && !isSameMessage(from, messageId)
			? 'a chunk of another message came'
			: range
				? (range.chunk !== chunk || range.total !== chunkCount) &&
					`chunk ${range.chunk} of ${range.total} came instead of chunk ${chunk} of ${chunkCount}`
				: (chunk > 1 || chunkCount > 1 || status === 206) && `MESH did not say which chunk came when chunk ${chunk} was asked for`;
	if (!problem) return answer;
	answer.body.discard();
	throw integrityError(messageId, problem);
}

const HIGH_WATER_BYTES = 512 * 1024;

/** The content of a message as a stream at the reader's pace. Destroying it ends its requests at once. */
class MessageBody extends Readable {
	readonly #pieces: AsyncGenerator<Buffer, void, void>;
	readonly #stop: AbortController;
	readonly #signal: AbortSignal | undefined;
	readonly #onAbort = () => this.destroy(abortedError(DOWNLOAD_CALL));

	constructor(pieces: AsyncGenerator<Buffer, void, void>, stop: AbortController, signal?: AbortSignal) {
		super({ highWaterMark: HIGH_WATER_BYTES });
		this.#pieces = pieces;
		this.#stop = stop;
		this.#signal = signal;
		// Without a reader an error would end the process; a reader gets it all the same.
		this.on('error', () => {});
		signal?.addEventListener('abort', this.#onAbort, { once: true });
		if (signal?.aborted) this.#onAbort();
	}

	override _read(): void {
		this.#pieces.next().then(
			({ done, value }) => this.push(done ? null : value),
			(error: Error) => this.destroy(error),
		);
	}

	override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
		this.#signal?.removeEventListener('abort', this.#onAbort);
		if (!this.readableEnded) this.#stop.abort();
		// Runs the clean-up of a generator that waits to be asked for more.
		this.#pieces.return().then(
			() => callback(error),
			() => callback(error),
		);
	}
}

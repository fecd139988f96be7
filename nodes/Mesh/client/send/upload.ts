import { invalidInput } from '../errors';
import type { UnsettledSend, UploadState } from '../errors';
import type { MeshConnection } from '../exchange';
import type { RequestBody } from '../http/response';
import { sourcePieces } from '../sources';
import type { MessageSource } from '../sources';
import type { ChunkProgress, TransferLog, TransferTotals } from '../transferLog';
import { MAX_REQUEST_BYTES, chunkBounds } from './chunkPlan';
import type { ChunkPlan } from './chunkPlan';
import type { Claimant } from './claims';
import { gzipRange } from './gzip';
import type { GzippedRange } from './gzip';
import type { ContentDigest } from './sameMessage';

/** A message on its way. */
export interface Upload {
	readonly connection: MeshConnection;
	readonly log: TransferLog;
	readonly plan: ChunkPlan;
	readonly bodies: ChunkBodies;
	/** Of the content, which `bodies` read through it. */
	readonly content: ContentDigest;
	readonly localId: string;
	/** The local ID is a fresh GUID of ours, so no other message can have it. */
	readonly ownLocalId: boolean;
	/** Headers of the first chunk. */
	readonly headers: Record<string, string>;
	/** This send as others of the process know it. */
	readonly claimant: Claimant;
	/** When its first try began, by our clock. */
	readonly startedAt: number;
	readonly addressDigest: string;
	isOtherMessage(messageId: string): boolean;
	/** Bytes that MESH can have of a whole message: as it is and, once the only chunk is prepared, as it travels. */
	readonly sizes: number[];
	readonly continued: boolean;
	readonly signal?: AbortSignal;
	readonly onChunk?: (progress: ChunkProgress) => void;
	/** So far, by this call. */
	readonly totals: TransferTotals;
}

/**
 * What MESH has confirmed, for going on later. The digest of the content is added when the call ends. People copy the state, so that a
 * local ID with something to hide is not in it: going on does not need it.
 */
export function uploadState({ connection, plan, localId, addressDigest }: Upload, messageId: string, nextChunk: number): UploadState {
	const { size, chunkSize, chunkCount, compressed } = plan;
	const isHarmless = connection.settings.redact(localId) === localId;
	return { messageId, ...(isHarmless ? { localId } : {}), nextChunk, chunkCount, chunkSize, compressed, size, addressDigest };
}

/** What the next try needs to look for the message. The digest of the content is added when the call ends. */
export function unsettledSend({ claimant: { sendId }, localId, ownLocalId, startedAt, addressDigest }: Upload): UnsettledSend {
	return { sendId, localId, ownLocalId, since: startedAt, addressDigest };
}

/** Counts a chunk that MESH has confirmed and tells whoever watches. */
export function chunkDone(upload: Upload, messageId: string, chunk: number, transmittedBytes: number): void {
	const { totals, plan, log, onChunk } = upload;
	const { start, end } = chunkBounds(plan, chunk);
	const bytes = end - start;
	totals.bytes += bytes;
	totals.transmittedBytes += transmittedBytes;
	totals.chunkCount += 1;
	log.messageId = messageId;
	log.chunk({ chunk, bytes, transmittedBytes });
	log.moved(end / plan.size, totals.bytes);
	onChunk?.({ messageId, chunk, chunkCount: plan.chunkCount, bytes: totals.bytes, transmittedBytes: totals.transmittedBytes });
}

/** The body of a chunk that tells, while it flows, how far the message is. */
export function watchedBody(upload: Upload, chunk: number, { length, pieces }: RequestBody): RequestBody {
	const { plan, totals, log } = upload;
	const { start, end } = chunkBounds(plan, chunk);
	return { length, pieces: watch() };

	async function* watch(): AsyncGenerator<Uint8Array, void, void> {
		let sent = 0;
		for await (const piece of pieces) {
			yield piece;
			sent += piece.length;
			const plain = (end - start) * (sent / length);
			log.moved((start + plain) / plan.size, totals.bytes + plain);
		}
	}
}

/** A chunk ready to be sent, and to be sent again. */
export interface ChunkBody {
	/** As transmitted. */
	length: number;
	/** Fresh for each attempt. */
	body(): RequestBody;
}

/** The chunks of a message, asked for in order. */
export interface ChunkBodies {
	take(chunk: number): Promise<ChunkBody>;
	/** Gives up what was prepared ahead. */
	close(): Promise<void>;
}

/** Plain chunks are streamed from the source, for each attempt anew. */
export function plainChunks(source: MessageSource, plan: ChunkPlan): ChunkBodies {
	return {
		async take(chunk) {
			const { start, end } = chunkBounds(plan, chunk);
			const length = end - start;
			return { length, body: () => ({ length, pieces: sourcePieces(source, start, end) }) };
		},
		async close() {},
	};
}

/** Compressed chunks are prepared whole, one ahead of the one being sent, and held until their successor is asked for. */
export function gzippedChunks(
	source: MessageSource,
	plan: ChunkPlan,
	{ level, call, signal }: { level: number; call: string; signal?: AbortSignal },
): ChunkBodies {
	const stop = new AbortController();
	const onAbort = () => stop.abort();
	signal?.addEventListener('abort', onAbort, { once: true });
	let ahead: { chunk: number; work: Promise<GzippedRange> } | undefined;
	const prepare = (chunk: number) => {
		const { start, end } = chunkBounds(plan, chunk);
		const work = gzipRange(source, start, end, { level, call, signal: stop.signal });
		work.catch(() => {}); // noticed when it is taken
		return { chunk, work };
	};
	return {
		async take(chunk) {
			const mine = ahead?.chunk === chunk ? ahead : prepare(chunk);
			const gzipped = await mine.work;
			// One at a time reads the source, so the next starts only now, while this one is sent.
			ahead = chunk < plan.chunkCount ? prepare(chunk + 1) : undefined;
			if (gzipped.length > MAX_REQUEST_BYTES) {
				throw invalidInput('chunkSize', 'A compressed chunk is not below the 100 MB that MESH takes', 'Use a smaller chunk size.');
			}
			return { length: gzipped.length, body: () => ({ length: gzipped.length, pieces: piecesOf(gzipped) }) };
		},
		async close() {
			signal?.removeEventListener('abort', onAbort);
			stop.abort();
			await ahead?.work.catch(() => {});
		},
	};
}

async function* piecesOf({ pieces }: GzippedRange): AsyncGenerator<Uint8Array, void, void> {
	yield* pieces;
}

import type { UnsettledSend, UploadState } from '../errors';
import type { MeshConnection } from '../exchange';
import type { RequestBody } from '../http/response';
import type { ChunkProgress, TransferLog, TransferTotals } from '../transferLog';
import type { ChunkBodies } from './chunkBodies';
import type { Claimant } from './claims';
import { chunkBounds } from './chunkPlan';
import type { ChunkPlan } from './chunkPlan';
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

import type { MeshConnection } from '../connection';
import type { ChunkProgress, TransferTotals, UploadState } from '../types';
import type { ChunkBodies } from './chunkBodies';
import type { ChunkPlan } from './chunkPlan';

/** A message on its way. */
export interface Upload {
	readonly connection: MeshConnection;
	readonly plan: ChunkPlan;
	readonly bodies: ChunkBodies;
	readonly localId: string;
	/** The local ID is a fresh GUID of ours, so no other message can have it. */
	readonly ownLocalId: boolean;
	/** Headers of the first chunk. */
	readonly headers: Record<string, string>;
	readonly continued: boolean;
	readonly signal?: AbortSignal;
	readonly onChunk?: (progress: ChunkProgress) => void;
	/** So far, by this call. */
	readonly totals: TransferTotals;
}

/** What MESH has confirmed, for going on later. */
export function uploadState({ plan, localId }: Upload, messageId: string, nextChunk: number): UploadState {
	const { size, chunkSize, chunkCount, compressed } = plan;
	return { messageId, localId, nextChunk, chunkCount, chunkSize, compressed, size };
}

/** Counts a chunk that MESH has confirmed and tells whoever watches. */
export function chunkDone(upload: Upload, messageId: string, chunk: number, bytes: number, transmittedBytes: number): void {
	const { totals, plan, connection, onChunk } = upload;
	totals.bytes += bytes;
	totals.transmittedBytes += transmittedBytes;
	totals.chunkCount += 1;
	connection.logger.debug('MESH: chunk sent', { messageId, chunk, chunkCount: plan.chunkCount, transmittedBytes });
	onChunk?.({ messageId, chunk, chunkCount: plan.chunkCount, bytes: totals.bytes, transmittedBytes: totals.transmittedBytes });
}

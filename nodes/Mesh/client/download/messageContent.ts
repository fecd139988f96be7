import type { MeshConnection } from '../connection';
import type { ChunkProgress, TransferTotals } from '../types';
import { headerOf } from '../http/types';
import type { TransferLog } from '../transferLog';
import { chunkContent } from './chunkContent';
import { integrityError, requestChunk } from './chunkResponse';
import type { ChunkResponse } from './chunkResponse';
import type { LimitChecks } from './limits';

export interface MessageReading {
	connection: MeshConnection;
	messageId: string;
	chunkCount: number;
	/** Chunk 1, its body unread. */
	first: ChunkResponse;
	limits: LimitChecks;
	/** Chunks requested ahead. */
	readAhead: number;
	signal: AbortSignal;
	onChunk?: (progress: ChunkProgress) => void;
	log: TransferLog;
	totals: TransferTotals;
}

/** The decoded content of all chunks in order (MESH API, download chunks): each one is decoded on its own. */
export async function* messageContent(reading: MessageReading): AsyncGenerator<Buffer, void, void> {
	const { connection, messageId, chunkCount, limits, readAhead, signal, totals, onChunk, log } = reading;
	const requested = new Map<number, Promise<ChunkResponse>>([[1, Promise.resolve(reading.first)]]);
	const request = (chunk: number) => {
		const response = requestChunk(connection, messageId, chunk, signal).then((answer) => checkedChunk(reading, chunk, answer));
		response.catch(() => {}); // noticed when its turn comes
		return response;
	};
	for (let chunk = 1; chunk <= chunkCount; chunk++) {
		const before = totals.bytes;
		const transmitted: number = yield* chunkContent({
			connection,
			messageId,
			limits,
			signal,
			async request() {
				const early = requested.get(chunk);
				requested.delete(chunk);
				return await (early ?? request(chunk));
			},
			onBytes(bytes, share) {
				totals.bytes = before + bytes;
				log.moved((chunk - 1 + share) / chunkCount, totals.bytes);
				limits.bytes(totals.bytes);
			},
			onNearEnd() {
				for (let ahead = chunk + 1; ahead <= Math.min(chunkCount, chunk + readAhead); ahead++) {
					if (!requested.has(ahead)) requested.set(ahead, request(ahead));
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
		from && from.toUpperCase() !== messageId.toUpperCase()
			? 'a chunk of another message came'
			: range && (range.chunk !== chunk || range.total !== chunkCount)
				? `chunk ${range.chunk} of ${range.total} came instead of chunk ${chunk} of ${chunkCount}`
				: !range && status === 206 && chunk === chunkCount
					? 'more chunks follow than were announced'
					: undefined;
	if (problem === undefined) return answer;
	answer.body.discard();
	throw integrityError(messageId, problem);
}

import { invalidInput } from '../errors';
import type { RequestBody } from '../http/response';
import { sourcePieces } from '../sources';
import type { MessageSource } from '../sources';
import { MAX_REQUEST_BYTES, chunkBounds } from './chunkPlan';
import type { ChunkPlan } from './chunkPlan';
import { gzipRange } from './gzip';
import type { GzippedRange } from './gzip';

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

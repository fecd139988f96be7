import type { RequestBody } from './types';

/** Buffers at least this big make the socket report back-pressure, so that they are used up when the next one is asked for. */
const SAFE_TO_REUSE_BYTES = 64 * 1024;
const SLICE_BYTES = 256 * 1024;

/**
 * The pieces of a request body, reporting each step. A small piece may still wait in the socket when the next one is asked
 * for, and its owner may then reuse its memory: small pieces are copied.
 */
export async function* watchedPieces(
	body: RequestBody,
	watch: { onProgress(): void; onSent(): void },
): AsyncGenerator<Uint8Array, void, void> {
	if (body.pieces instanceof Uint8Array) {
		for (let at = 0; at < body.length; at += SLICE_BYTES) {
			watch.onProgress();
			yield body.pieces.subarray(at, Math.min(at + SLICE_BYTES, body.length));
		}
	} else {
		for await (const piece of body.pieces) {
			watch.onProgress();
			yield piece.length < SAFE_TO_REUSE_BYTES ? Buffer.from(piece) : piece;
		}
	}
	watch.onSent();
}

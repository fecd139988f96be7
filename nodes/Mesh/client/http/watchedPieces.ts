import type { RequestBody } from './types';

/** Buffers at least this big make the socket report back-pressure, so that they are used up when the next one is asked for. */
const SAFE_TO_REUSE_BYTES = 64 * 1024;
const SLICE_BYTES = 256 * 1024;

/**
 * The pieces of a request body, reporting each step. A small piece may still wait in the socket when the next one is asked
 * for, and its owner may then reuse its memory: small pieces are copied. So is the last one, because it is kept until the
 * source is done: undici drops the connection when the answer comes before the body has ended, which a source that still
 * closes its file would bring about.
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
		let last: Uint8Array | undefined;
		let bytes = 0;
		for await (const piece of body.pieces) {
			watch.onProgress();
			if (last) yield last;
			bytes += piece.length;
			last = bytes >= body.length ? Buffer.from(piece) : undefined;
			if (!last) yield piece.length < SAFE_TO_REUSE_BYTES ? Buffer.from(piece) : piece;
		}
		if (last) yield last;
	}
	watch.onSent();
}

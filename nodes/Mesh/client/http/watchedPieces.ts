import type { RequestBody } from './types';

/** Buffers at least this big make the socket report back-pressure, so that they are used up when the next one is asked for. */
const SAFE_TO_REUSE_BYTES = 64 * 1024;

/** Far below what makes a socket report back-pressure (16 KiB in Node 20). */
const TAIL_BYTES = 1024;

/** Who is waited for: the source of the content, or the connection. */
export interface PieceWatch {
	onReading(): void;
	onSending(): void;
	onSent(): void;
}

/**
 * The pieces of a request body, reporting each step. A small piece may still wait in the socket when the next one is asked
 * for, and its owner may then reuse its memory: small pieces are copied.
 *
 * undici drops the connection when the answer comes before the body has ended, be it by an instant. So the source is done
 * before its last bytes go out (which is why the last piece is copied), and they go out as a piece so small that undici
 * writes it and sees the end in one go, without waiting for the socket in between.
 */
export async function* watchedPieces(body: RequestBody, watch: PieceWatch): AsyncGenerator<Uint8Array, void, void> {
	let last: Uint8Array | undefined;
	let bytes = 0;
	watch.onReading();
	for await (const piece of body.pieces) {
		watch.onSending();
		if (last) yield last;
		bytes += piece.length;
		last = bytes >= body.length ? Buffer.from(piece) : undefined;
		if (!last) yield piece.length < SAFE_TO_REUSE_BYTES ? Buffer.from(piece) : piece;
		watch.onReading();
	}
	watch.onSending();
	if (last) {
		const tail = Math.max(0, last.length - TAIL_BYTES);
		if (tail > 0) yield last.subarray(0, tail);
		yield last.subarray(tail);
	}
	watch.onSent();
}

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

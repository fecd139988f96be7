import type { Readable } from 'node:stream';
import { invalidInput } from '../errors';
import type { MessageSource } from '../types';

/** Kept of the beginning, so that looking at a sample does not cost a second opening. */
const HEAD_BYTES = 64 * 1024;

/** A source over streams without ranges, such as n8n's binary store. */
export interface StreamSource extends MessageSource {
	/** Ends the stream that is still open; reading again opens a new one. */
	close(): void;
}

/**
 * Content that can only be streamed from its start. The stream stays open from one range to the next, so that a message sent
 * without a fault is read once; any other range opens a new stream and skips to it. One range is read at a time.
 */
export function streamSource(open: () => Promise<Readable> | Readable, size: number): StreamSource {
	let current: OpenStream | undefined;
	let head: Buffer = Buffer.alloc(0);

	const close = () => {
		current?.stream.destroy();
		current = undefined;
	};

	async function* read(start: number, end: number): AsyncGenerator<Uint8Array, void, void> {
		let position = start;
		if (current && position < head.length && current.position === head.length) {
			const fromHead = head.subarray(position, Math.min(end, head.length));
			position += fromHead.length;
			yield fromHead;
			if (position === end) return;
		}
		if (current?.position !== position) {
			close();
			current = await openStream(open);
		}
		const mine: OpenStream = current;
		let intact = false;
		try {
			while (position < end) {
				const piece = await mine.next();
				if (piece === undefined) throw becameShorter();
				if (mine.position === head.length && head.length < HEAD_BYTES) {
					head = Buffer.concat([head, piece.subarray(0, HEAD_BYTES - head.length)]);
				}
				const from = position - mine.position;
				const to = Math.min(piece.length, end - mine.position);
				mine.use(Math.max(0, to));
				if (to <= from) continue;
				position += to - from;
				yield piece.subarray(Math.max(0, from), to);
			}
			intact = true;
		} finally {
			// Left in the middle: what the stream would give next is not what anybody asks for next.
			if (!intact && current === mine) close();
		}
	}

	return { size, read, close };
}

/** A stream with the position of its next byte, and what was taken from it but not used. */
class OpenStream {
	position = 0;
	#rest: Buffer | undefined;
	readonly #pieces: AsyncIterator<unknown>;

	constructor(readonly stream: Readable) {
		stream.on('error', () => {}); // surfaces through the iterator
		this.#pieces = stream[Symbol.asyncIterator]();
	}

	/** The bytes at `position`; the same ones until `use` moves on. */
	async next(): Promise<Buffer | undefined> {
		while (!this.#rest?.length) {
			const { done, value } = await this.#pieces.next();
			if (done) return undefined;
			this.#rest = typeof value === 'string' ? Buffer.from(value) : asBuffer(value as Uint8Array);
		}
		return this.#rest;
	}

	use(bytes: number): void {
		this.position += bytes;
		this.#rest = this.#rest?.subarray(bytes);
	}
}

async function openStream(open: () => Promise<Readable> | Readable): Promise<OpenStream> {
	return new OpenStream(await open());
}

function asBuffer(bytes: Uint8Array): Buffer {
	return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function becameShorter() {
	return invalidInput('source', 'The content ended before its announced size', 'Send content that is complete and does not change.');
}

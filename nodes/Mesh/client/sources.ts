import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { invalidInput } from './errors';
import type { MeshError } from './errors';
import { notRead } from './storage';

/** Content to be sent: its size is known, and any range of it can be read again for a retry. */
export interface MessageSource {
	/** Bytes; at least 1 (MESH refuses empty messages). */
	readonly size: number;
	/**
	 * Yields exactly the bytes [start, end). The reader may reuse a yielded buffer as soon as the next one is asked for,
	 * so a consumer that keeps bytes must copy them.
	 */
	read(start: number, end: number): AsyncIterable<Uint8Array>;
}

/** Content that is in memory already. */
export function bufferSource(bytes: Uint8Array): MessageSource {
	return {
		size: bytes.length,
		async *read(start, end) {
			yield bytes.subarray(start, end);
		},
	};
}

/** Measured: smaller costs more CPU, bigger brings nothing. */
const BUFFER_BYTES = 256 * 1024;
/** One being sent, one read ahead, one in hand. */
const BUFFERS = 3;

/** A file on disk, read through a few reused buffers with one read ahead. Its size is taken now; a change later is noticed. */
export async function fileSource(path: string): Promise<MessageSource> {
	const { size } = await stat(path);
	return { size, read: (start, end) => readRange(path, start, end) };
}

async function* readRange(path: string, start: number, end: number): AsyncGenerator<Uint8Array, void, void> {
	const file = await open(path, 'r');
	let ahead: Promise<Uint8Array> | undefined;
	try {
		const length = Math.min(BUFFER_BYTES, end - start);
		const buffers = Array.from({ length: BUFFERS }, () => Buffer.allocUnsafeSlow(length));
		let position = start;
		const readNext = (turn: number) => {
			const wanted = buffers[turn % BUFFERS].subarray(0, Math.min(length, end - position));
			const from = position;
			position += wanted.length;
			return fill(file, wanted, from);
		};
		ahead = end > start ? readNext(0) : undefined;
		for (let turn = 1; ahead; turn++) {
			const piece: Uint8Array = await ahead;
			ahead = position < end ? readNext(turn) : undefined;
			ahead?.catch(() => {}); // noticed when its turn comes
			yield piece;
		}
	} finally {
		await ahead?.catch(() => {}); // closing under a running read is an error of its own
		await file.close();
	}
}

async function fill(file: FileHandle, buffer: Buffer, from: number): Promise<Uint8Array> {
	let filled = 0;
	while (filled < buffer.length) {
		const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, from + filled);
		if (bytesRead === 0) throw invalidInput('source', 'The file became shorter while it was sent', 'Send a file that is complete.');
		filled += bytesRead;
	}
	return buffer;
}

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

/** The hex digest of the whole content, in the form that `mex-content-checksum` takes. Reads the source once. */
export async function digestOf(source: MessageSource, algorithm: 'md5' | 'sha256' | 'sha384', signal?: AbortSignal): Promise<string> {
	const hash = createHash(algorithm);
	for await (const piece of sourcePieces(source, 0, source.size)) {
		signal?.throwIfAborted();
		hash.update(piece);
	}
	return hash.digest('hex');
}

/** Progress is watched piece by piece: a whole chunk in one, as content in memory comes, would seem to stall on a slow line. */
const MAX_PIECE_BYTES = 256 * 1024;

/**
 * A range of a source, checked to have exactly the announced length, in pieces of at most 256 KiB. Whatever goes wrong in the source becomes a `MeshError`
 * of the parameter `source`, so that it is not taken for a fault of the network.
 */
export async function* sourcePieces(source: MessageSource, start: number, end: number): AsyncGenerator<Uint8Array, void, void> {
	let rest = end - start;
	let failure: MeshError | undefined;
	try {
		for await (const piece of source.read(start, end)) {
			rest -= piece.length;
			if (rest < 0) break;
			for (let at = 0; at < piece.length; at += MAX_PIECE_BYTES) yield piece.subarray(at, at + MAX_PIECE_BYTES);
		}
	} catch (error) {
		failure = notRead(error);
	}
	if (failure) throw failure;
	if (rest < 0) throw invalidInput('source', 'The content is longer than its announced size', HINT);
	if (rest > 0) throw invalidInput('source', 'The content ended before its announced size', HINT);
}

const HINT = 'Send content that is complete and does not change while it is sent.';

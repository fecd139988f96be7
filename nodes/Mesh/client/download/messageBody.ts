import { Readable } from 'node:stream';
import { DOWNLOAD_CALL } from './chunkResponse';
import { abortedError } from '../failures/aborted';

const HIGH_WATER_BYTES = 512 * 1024;

/** The content of a message as a stream at the reader's pace. Destroying it ends its requests at once. */
export class MessageBody extends Readable {
	readonly #pieces: AsyncGenerator<Buffer, void, void>;
	readonly #stop: AbortController;
	readonly #signal: AbortSignal | undefined;
	readonly #onAbort = () => this.destroy(abortedError(DOWNLOAD_CALL));

	constructor(pieces: AsyncGenerator<Buffer, void, void>, stop: AbortController, signal?: AbortSignal) {
		super({ highWaterMark: HIGH_WATER_BYTES });
		this.#pieces = pieces;
		this.#stop = stop;
		this.#signal = signal;
		// Without a reader an error would end the process; a reader gets it all the same.
		this.on('error', () => {});
		signal?.addEventListener('abort', this.#onAbort, { once: true });
		if (signal?.aborted) this.#onAbort();
	}

	override _read(): void {
		this.#pieces.next().then(
			({ done, value }) => this.push(done ? null : value),
			(error: Error) => this.destroy(error),
		);
	}

	override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
		this.#signal?.removeEventListener('abort', this.#onAbort);
		if (!this.readableEnded) this.#stop.abort();
		// Runs the clean-up of a generator that waits to be asked for more.
		this.#pieces.return().then(
			() => callback(error),
			() => callback(error),
		);
	}
}

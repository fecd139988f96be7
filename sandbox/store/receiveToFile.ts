import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { finished, type Readable } from 'node:stream';

/** Collects what arrives while a write is under way, so that the next write is a large one. */
const BUFFER_BYTES = 1024 * 1024;

/**
 * Streams a request body into a new file and resolves to its size.
 * Rejects when the source breaks off or `check` throws at the size so far: the file is then gone, but the source is
 * left open and flowing, so that an answer can still be sent on its connection.
 */
export function receiveToFile(source: Readable, file: string, check: (bytes: number) => void): Promise<number> {
	return new Promise((resolve, reject) => {
		const sink = createWriteStream(file, { flags: 'wx', mode: 0o600, highWaterMark: BUFFER_BYTES });
		let bytes = 0;
		let failed = false;
		const fail = (error: Error) => {
			if (failed) return;
			failed = true;
			source.off('data', count);
			source.unpipe(sink);
			source.resume();
			sink.once('close', () => void rm(file, { force: true }).finally(() => reject(error)));
			sink.destroy();
		};
		const count = (block: Buffer) => {
			bytes += block.length;
			try {
				check(bytes);
			} catch (error) {
				fail(error as Error);
			}
		};
		finished(source, { writable: false }, (error) => error && fail(error));
		finished(sink, (error) => (error ? fail(error) : failed || resolve(bytes)));
		source.on('data', count);
		source.pipe(sink);
	});
}

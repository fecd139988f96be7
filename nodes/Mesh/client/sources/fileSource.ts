import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { invalidInput } from '../errors';
import type { MessageSource } from '../types';

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

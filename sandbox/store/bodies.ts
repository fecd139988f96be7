import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, renameSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream';
import type { Readable } from 'node:stream';

/** Large reads keep the number of hand-overs to TLS low. */
const READ_BYTES = 1024 * 1024;

/** A body received but not yet part of a message. */
export interface IncomingBody {
	file: string;
	bytes: number;
}

/** Message bodies as files, one per chunk (`messages/<id>/<number>`), exactly as transmitted. */
export class Bodies {
	constructor(private readonly folder: string) {}

	/** Makes the folders; what a former run was in the middle of receiving, or no longer knows, is dropped. */
	async open(isKnown: (messageId: string) => boolean): Promise<void> {
		await rm(join(this.folder, 'incoming'), { recursive: true, force: true });
		await mkdir(join(this.folder, 'incoming'), { recursive: true, mode: 0o700 });
		await mkdir(join(this.folder, 'messages'), { recursive: true, mode: 0o700 });
		for (const messageId of await readdir(join(this.folder, 'messages'))) if (!isKnown(messageId)) await this.remove(messageId);
	}

	/** Streams a body to disk; `check` may throw at the size so far. */
	async receive(source: Readable, check: (bytes: number) => void): Promise<IncomingBody> {
		const file = join(this.folder, 'incoming', randomUUID());
		return { file, bytes: await receiveToFile(source, file, check) };
	}

	/** Takes a body that is already in memory. */
	async take(content: Buffer): Promise<IncomingBody> {
		const file = join(this.folder, 'incoming', randomUUID());
		await writeFile(file, content, { mode: 0o600 });
		return { file, bytes: content.length };
	}

	/** Makes a received body a message's chunk, in one step: no other request comes between. Replaces an earlier upload of the same chunk. */
	keep(body: IncomingBody, messageId: string, chunk: number): void {
		mkdirSync(join(this.folder, 'messages', messageId), { recursive: true, mode: 0o700 });
		renameSync(body.file, this.file(messageId, chunk));
	}

	async drop(body: IncomingBody): Promise<void> {
		await rm(body.file, { force: true });
	}

	read(messageId: string, chunk: number): Promise<Buffer> {
		return readFile(this.file(messageId, chunk));
	}

	stream(messageId: string, chunk: number): Readable {
		return createReadStream(this.file(messageId, chunk), { highWaterMark: READ_BYTES });
	}

	async remove(messageId: string): Promise<void> {
		await rm(join(this.folder, 'messages', messageId), { recursive: true, force: true });
	}

	/** Also makes the folders anew, should somebody have deleted them under a running sandbox. */
	async removeAll(): Promise<void> {
		await rm(join(this.folder, 'messages'), { recursive: true, force: true });
		await mkdir(join(this.folder, 'incoming'), { recursive: true, mode: 0o700 });
		await mkdir(join(this.folder, 'messages'), { recursive: true, mode: 0o700 });
	}

	private file(messageId: string, chunk: number): string {
		return join(this.folder, 'messages', messageId, String(chunk));
	}
}

/** Collects what arrives while a write is under way, so that the next write is a large one. */
const BUFFER_BYTES = 1024 * 1024;

/**
 * Streams a request body into a new file and resolves to its size.
 * Rejects when the source breaks off or `check` throws at the size so far: the file is then gone, but the source is
 * left open and flowing, so that an answer can still be sent on its connection.
 */
function receiveToFile(source: Readable, file: string, check: (bytes: number) => void): Promise<number> {
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

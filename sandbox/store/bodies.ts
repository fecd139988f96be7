import { randomUUID } from 'node:crypto';
import { createReadStream, mkdirSync, renameSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { receiveToFile } from './receiveToFile';

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

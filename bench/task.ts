import { existsSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Content } from './server/content';
import type { ServerCounts, ServerSettings, StoredMessage } from './server/control';
import type { Access, OwnReport, Task, Work } from './work';

const messageId = (number: number): string => `20250102000000${String(number).padStart(6, '0')}_0B0A7D`;

const BATCH_NUMBERS = 10_000;

/** What every small message holds that is sent: text, because not every contender sends anything else. */
const SMALL_CONTENT = 'csv';

/**
 * The messages that have to wait in the mailbox for this work.
 * @param batch messages of different batches have different IDs, for clients that remember what they have had
 */
function messagesFor(work: Work, batch = 0): StoredMessage[] {
	if (work.kind === 'receive')
		return [{ messageId: messageId(1), content: work.content, bytes: work.bytes, chunkBytes: work.chunkBytes, gzip: work.gzip }];
	if (work.kind !== 'drain' && work.kind !== 'workflow') return [];
	return Array.from({ length: work.messages }, (_, number) => ({
		messageId: messageId(batch * BATCH_NUMBERS + number + 1),
		content: 'random',
		bytes: work.bytes,
		chunkBytes: work.bytes,
		gzip: false,
	}));
}

export const settingsFor = (work: Work, latencyMs: number, { verify = false, batch = 0 } = {}): ServerSettings => ({
	messages: messagesFor(work, batch),
	latencyMs,
	...(verify && work.kind === 'send' ? { verifyUploads: { content: work.content, bytes: work.bytes } } : {}),
	// Small enough to be compared in every run.
	...(work.kind === 'sendMany' ? { verifyUploads: { content: SMALL_CONTENT, bytes: work.bytes } } : {}),
});

/** Everything a contender may need for the work, made before the clock starts. */
export async function makeTask(work: Work, access: Access, folder: string, scratchPath: string): Promise<Task> {
	await mkdir(scratchPath, { recursive: true });
	const waiting = messagesFor(work);
	return {
		work,
		access,
		scratchPath,
		options: {},
		...(work.kind === 'sendMany' ? { inputPath: inputFile(SMALL_CONTENT, work.bytes, folder) } : {}),
		...(work.kind === 'send' && work.source === 'file' ? { inputPath: inputFile(work.content, work.bytes, folder) } : {}),
		...(work.kind === 'receive'
			? { messageId: waiting[0].messageId, outputPath: work.target === 'file' ? join(scratchPath, 'received') : undefined }
			: {}),
		...(work.kind === 'drain' ? { inboxIds: waiting.map((message) => message.messageId) } : {}),
	};
}

/** Kept for all jobs that send the same. */
function inputFile(kind: 'random' | 'csv', bytes: number, folder: string): string {
	const path = join(folder, `${kind}-${bytes}`);
	if (!existsSync(path)) Content.of(kind).write(path, bytes);
	return path;
}

const READ_BYTES = 4 * 1024 * 1024;

/** @throws when a run did not do all of its work: figures of half a job are worth nothing */
export async function verifyRun(task: Pick<Task, 'work' | 'outputPath'>, figures: OwnReport, counts: ServerCounts): Promise<void> {
	const { work } = task;
	if (counts.faults.length > 0) throw new Error(`The server met ${counts.faults.length} faults, the first: ${counts.faults[0]}`);
	const expect = (what: string, actual: number, expected: number): void => {
		if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}.`);
	};
	switch (work.kind) {
		case 'idle':
			return;
		case 'send':
			expect('Messages sent', counts.messagesSent, 1);
			if (!work.gzip) expect('Bytes sent', counts.uploadedBytes, work.bytes);
			return;
		case 'sendMany':
			expect('Messages sent', counts.messagesSent, work.messages);
			return;
		case 'workflow':
		case 'drain':
			expect('Messages acknowledged', counts.acknowledged, work.messages);
			expect('Bytes downloaded', counts.downloadedBytes, work.messages * work.bytes);
			return;
		case 'receive':
			if (work.target === 'file')
				expect('Bytes in the file', await matchingBytes(figures.outputPath ?? task.outputPath ?? '', task), work.bytes);
			else expect('Bytes counted', figures.done ?? 0, work.bytes);
	}
}

/** The size of the file, if all of it is what it should be. */
async function matchingBytes(path: string, { work }: Pick<Task, 'work'>): Promise<number> {
	const content = Content.of(work.kind === 'receive' ? work.content : 'random');
	const file = await open(path, 'r');
	try {
		const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
		for (let offset = 0; ; ) {
			const { bytesRead } = await file.read(buffer, 0, READ_BYTES, offset);
			if (bytesRead === 0) return offset;
			if (!content.matches(offset, buffer.subarray(0, bytesRead)))
				throw new Error(`The received file differs in the bytes from ${offset} on.`);
			offset += bytesRead;
		}
	} finally {
		await file.close();
	}
}

/** The order of a round: each one starts with another contender, so that none always runs behind the same neighbour's leavings. */
export function turnsOf<T>(all: readonly T[], round: number): T[] {
	const first = all.length === 0 ? 0 : (round - 1) % all.length;
	return [...all.slice(first), ...all.slice(0, first)];
}

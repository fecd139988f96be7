import { mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Content } from '../server/content';
import type { ServerSettings, StoredMessage } from '../server/control';
import type { Access, Task, Work } from '../work';

const messageId = (number: number): string => `20250102000000${String(number).padStart(6, '0')}_0B0A7D`;

const BATCH_NUMBERS = 10_000;

/** What every small message holds that is sent: text, because not every contender sends anything else. */
const SMALL_CONTENT = 'csv';

/**
 * The messages that have to wait in the mailbox for this work.
 * @param batch messages of different batches have different IDs, for clients that remember what they have had
 */
export function messagesFor(work: Work, batch = 0): StoredMessage[] {
	if (work.kind === 'receive') return [{ messageId: messageId(1), content: work.content, bytes: work.bytes, chunkBytes: work.chunkBytes, gzip: work.gzip }];
	if (work.kind !== 'drain' && work.kind !== 'workflow') return [];
	return Array.from({ length: work.messages }, (_, number) => (
		{ messageId: messageId(batch * BATCH_NUMBERS + number + 1), content: 'random', bytes: work.bytes, chunkBytes: work.bytes, gzip: false }
	));
}

export const settingsFor = (work: Work, latencyMs: number, { verify = false, batch = 0 } = {}): ServerSettings => ({
	messages: messagesFor(work, batch), latencyMs,
	...(verify && work.kind === 'send' ? { verifyUploads: { content: work.content, bytes: work.bytes } } : {}),
	// Small enough to be compared in every run.
	...(work.kind === 'sendMany' ? { verifyUploads: { content: SMALL_CONTENT, bytes: work.bytes } } : {}),
});

/** Everything a contender may need for the work, made before the clock starts. */
export async function makeTask(work: Work, access: Access, folder: string, scratchPath: string): Promise<Task> {
	await mkdir(scratchPath, { recursive: true });
	const waiting = messagesFor(work);
	return {
		work, access, scratchPath, options: {},
		...(work.kind === 'sendMany' ? { inputPath: inputFile(SMALL_CONTENT, work.bytes, folder) } : {}),
		...(work.kind === 'send' && work.source === 'file' ? { inputPath: inputFile(work.content, work.bytes, folder) } : {}),
		...(work.kind === 'receive' ? { messageId: waiting[0].messageId, outputPath: work.target === 'file' ? join(scratchPath, 'received') : undefined } : {}),
		...(work.kind === 'drain' ? { inboxIds: waiting.map((message) => message.messageId) } : {}),
	};
}

/** Kept for all jobs that send the same. */
function inputFile(kind: 'random' | 'csv', bytes: number, folder: string): string {
	const path = join(folder, `${kind}-${bytes}`);
	if (!existsSync(path)) Content.of(kind).write(path, bytes);
	return path;
}

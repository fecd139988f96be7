import { open } from 'node:fs/promises';
import { Content } from '../server/content';
import type { ServerCounts } from '../server/control';
import type { OwnReport, Task } from '../work';

const READ_BYTES = 4 * 1024 * 1024;

/** @throws when a run did not do all of its work: figures of half a job are worth nothing */
export async function verifyRun(task: Pick<Task, 'work' | 'outputPath'>, figures: OwnReport, counts: ServerCounts): Promise<void> {
	const { work } = task;
	if (counts.faults.length > 0) throw new Error(`The server met ${counts.faults.length} faults, the first: ${counts.faults[0]}`);
	const expect = (what: string, actual: number, expected: number): void => {
		if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}.`);
	};
	switch (work.kind) {
		case 'idle': return;
		case 'send':
			expect('Messages sent', counts.messagesSent, 1);
			if (!work.gzip) expect('Bytes sent', counts.uploadedBytes, work.bytes);
			return;
		case 'sendMany': expect('Messages sent', counts.messagesSent, work.messages); return;
		case 'workflow':
		case 'drain':
			expect('Messages acknowledged', counts.acknowledged, work.messages);
			expect('Bytes downloaded', counts.downloadedBytes, work.messages * work.bytes);
			return;
		case 'receive':
			if (work.target === 'file') expect('Bytes in the file', await matchingBytes(figures.outputPath ?? task.outputPath ?? '', task), work.bytes);
			else expect('Bytes counted', figures.done ?? 0, work.bytes);
	}
}

/** The size of the file, if all of it is what it should be. */
async function matchingBytes(path: string, { work }: Pick<Task, 'work'>): Promise<number> {
	const content = Content.of(work.kind === 'receive' ? work.content : 'random');
	const file = await open(path, 'r');
	try {
		const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
		for (let offset = 0; ;) {
			const { bytesRead } = await file.read(buffer, 0, READ_BYTES, offset);
			if (bytesRead === 0) return offset;
			if (!content.matches(offset, buffer.subarray(0, bytesRead))) throw new Error(`The received file differs in the bytes from ${offset} on.`);
			offset += bytesRead;
		}
	} finally {
		await file.close();
	}
}

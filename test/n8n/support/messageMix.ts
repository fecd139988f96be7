import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { Sandbox } from '../../../sandbox';

/** Messages put into an inbox. */
interface MessageMix {
	/** SHA-256 (hex) of the content by message ID. */
	digests: Map<string, string>;
	/** Message IDs that the workflow cannot process. */
	poison: string[];
}

const TO = 'X26ABC2';

/**
 * Fills an inbox with messages of mixed sizes (bytes to hundreds of kilobytes), one in ten in chunks, one in five
 * compressed on the way; `poisonCount` of them, spread over the first third of the inbox, are to fail.
 */
export async function putMessageMix(sandbox: Sandbox, count: number, poisonCount: number): Promise<MessageMix> {
	const digests = new Map<string, string>();
	const poison: string[] = [];
	const everyPoison = poisonCount > 0 ? Math.floor(count / 3 / poisonCount) : Infinity;
	for (let i = 0; i < count; i++) {
		const chunks = Array.from({ length: i % 10 === 0 ? randomInt(2, 5) : 1 }, () => content(i));
		const messageId = await sandbox.putMessage({
			to: TO,
			from: 'X26ABC1',
			workflowId: 'TEST_WORKFLOW',
			content: chunks,
			gzip: i % 5 === 0,
		});
		digests.set(messageId, createHash('sha256').update(Buffer.concat(chunks)).digest('hex'));
		if (i % everyPoison === everyPoison - 1 && poison.length < poisonCount) poison.push(messageId);
	}
	return { digests, poison };
}

function content(i: number): Buffer {
	if (i % 3 === 0) return randomBytes(randomInt(1, 300_000));
	return Buffer.from(`result ${i} `.repeat(randomInt(1, 400)));
}

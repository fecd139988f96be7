import { bufferSource } from '../../nodes/Mesh/client';
import { sandboxClient } from '../sandboxClient';
import type { Demo } from '../startDemo';

/** Sends to a mailbox that does not exist: MESH refuses, and puts a report into the sender's inbox. */
export async function causeReport(demo: Demo, mailboxId: string): Promise<void> {
	const client = sandboxClient(demo, mailboxId);
	const message = { to: 'X26NOBODY', workflowId: 'TEST_WORKFLOW', source: bufferSource(Buffer.from('Hello')) };
	try {
		await client.send(message).catch((refusal: unknown) => refusal);
	} finally {
		await client.close();
	}
}

import type { MeshClient } from '../client';

/** Tells whether the inbox lists a message; lists it at the first question only. */
export type InboxQuestion = (messageId: string, signal: AbortSignal) => Promise<boolean>;

/**
 * An answer of 404 or 410 to a download does not prove that a message is gone: it may come from a gateway, or from trouble
 * of MESH's own. Taken for proof, it would have the message acknowledged that the workflow never had. The list of the inbox is proof.
 */
export function inboxOnce(client: MeshClient): InboxQuestion {
	let listed: Promise<ReadonlySet<string>> | undefined;
	return async (messageId, signal) => (await (listed ??= listAll(client, signal))).has(messageId);
}

async function listAll(client: MeshClient, signal: AbortSignal): Promise<ReadonlySet<string>> {
	const found = new Set<string>();
	for await (const { messageIds } of client.listInbox({}, { signal })) for (const id of messageIds) found.add(id);
	return found;
}

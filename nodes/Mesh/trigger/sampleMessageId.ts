import type { IExecuteFunctions } from 'n8n-workflow';
import type { MeshClient } from '../client';
import { addExecutionHint } from '../transport/executionHint';
import type { TriggerSettings } from './settings';

/** For a test in the editor or by `n8n execute`: the oldest message, which stays in the inbox. Undefined when there is none. */
export async function sampleMessageId(context: IExecuteFunctions, client: MeshClient, { filter }: TriggerSettings, signal: AbortSignal): Promise<string | undefined> {
	for await (const { messageIds } of client.listInbox({ workflowFilter: filter }, { signal })) {
		const [oldest] = messageIds;
		if (oldest !== undefined) return oldest;
	}
	addExecutionHint(context, filter === undefined
		? 'The inbox is empty. Send a message to this mailbox, then test again.'
		: 'The inbox holds no message that passes the workflow filter. Send one to this mailbox, or change the filter, then test again.', 'info');
	return undefined;
}

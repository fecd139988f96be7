import type { OutgoingMessage } from '../../../client';
import { systemRuntime } from '../../../client/settings';
import { digestOf } from '../../../client/sources';
import type { OperationCall } from '../../operation';
import { fingerprint, leftAfter, type EarlierTry, type SendRecord } from './sendRecord';

/** By the name that n8n gives the type of a node that is a tool. A tool gets one item at a time. */
export function isTool({ context }: OperationCall): boolean {
	return context.getNode().type.endsWith('Tool') && context.getInputData().length === 1;
}

/**
 * The record for a tool of an AI agent. n8n counts each try of a tool as a run of its own, so that only the message itself, with
 * its content, tells that a try repeats another. Remembered is what is in doubt or interrupted, not what was sent: a model may
 * well send the same text twice.
 */
export async function toolSendRecord({ client, context, signal }: OperationCall, message: OutgoingMessage): Promise<SendRecord> {
	const store = context.getContext('node') as Record<string, EarlierTry[] | undefined>;
	const key = `sendAsTool:${fingerprint(client.mailboxId, message, await digestOf(message.source, 'sha256', signal))}`;
	const startedAt = systemRuntime.now();
	// Taken out, and put back on failure: of calls at the same time, each settles one of its own.
	const [earlier, ...others] = store[key] ?? [];
	keep(others);
	return {
		earlier,
		sent() {},
		failed(error) {
			const left = leftAfter(error, earlier, startedAt);
			if (left !== undefined) keep([...(store[key] ?? []), left]);
			return error;
		},
	};

	function keep(tries: EarlierTry[]): void {
		if (tries.length > 0) store[key] = tries;
		else delete store[key];
	}
}

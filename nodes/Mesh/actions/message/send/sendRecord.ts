import { createHash } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { isMeshError, type MeshError, type OutgoingMessage, type UploadState } from '../../../client';
import { systemRuntime } from '../../../client/settings';
import type { OperationCall } from '../../operation';

/** What an earlier try of this item, in the same execution, has come to. */
export type EarlierTry =
	| { state: 'sent'; json: IDataObject }
	| { state: 'interrupted'; upload: UploadState }
	/** `since`: when it began, in milliseconds since the epoch. */
	| { state: 'unknown'; localId: string; since: number };

export interface SendRecord {
	earlier?: EarlierTry;
	sent(json: IDataObject): void;
	/** Gives the error back, to be thrown. */
	failed(error: unknown): unknown;
}

/**
 * Remembers within the execution what became of each item. When one item fails, n8n's Retry On Fail and its Retry button run
 * the node again with all items: without this, those already sent would be sent twice. n8n keeps the node's context with the
 * execution; a message with other fields counts as another message.
 */
export function sendRecord({ client, context, itemIndex, afterAllItems }: OperationCall, message: OutgoingMessage): SendRecord {
	const startedAt = systemRuntime.now();
	const store = context.getContext('node') as Record<string, EarlierTry | undefined>;
	const key = `send:${runIndex(context, itemIndex)}:${itemIndex}:${fingerprint(client.mailboxId, message)}`;
	// With Continue On Fail the node may be run again even after it has ended well, so that the record must stay.
	if (!context.continueOnFail()) afterAllItems(async () => void delete store[key]);
	return {
		earlier: store[key],
		sent(json) {
			store[key] = { state: 'sent', json };
		},
		failed(error) {
			const left = leftAfter(error, store[key], startedAt);
			if (left !== undefined) store[key] = left;
			return error;
		},
	};
}

/** What the next try of the same message has to know, when one that found `before` and began at `startedAt` has failed. */
export function leftAfter(error: unknown, before: EarlierTry | undefined, startedAt: number): EarlierTry | undefined {
	// A message in doubt stays so from its first try on.
	const since = before?.state === 'unknown' ? before.since : startedAt;
	return (isMeshError(error) ? whatIsLeft(error, since) : undefined) ?? before;
}

function whatIsLeft({ code, upload, localId, ambiguous }: MeshError, since: number): EarlierTry | undefined {
	if (upload !== undefined) return { state: 'interrupted', upload };
	// Stopped in doubt, it may be run again with the Retry button.
	const isInDoubt = code === 'MESH_SEND_OUTCOME_UNKNOWN' || (code === 'MESH_ABORTED' && ambiguous === true);
	return isInDoubt && localId !== undefined ? { state: 'unknown', localId, since } : undefined;
}

const runIndexes = new WeakMap<OperationCall['context'], number>();

/** In a loop the node runs several times in one execution, with other content for the same item number. Asked once a run: n8n builds much to answer. */
function runIndex(context: OperationCall['context'], itemIndex: number): number {
	const index = runIndexes.get(context) ?? Number(context.getWorkflowDataProxy(itemIndex).$runIndex ?? 0);
	runIndexes.set(context, index);
	return index;
}

/** @param content digest of the content, where the fields alone do not tell one message from another */
export function fingerprint(mailboxId: string, { source, ...fields }: OutgoingMessage, content?: string): string {
	return createHash('sha256').update(JSON.stringify({ ...fields, mailboxId, size: source.size, content })).digest('base64url').slice(0, 22);
}

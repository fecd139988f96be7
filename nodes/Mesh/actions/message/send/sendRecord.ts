import { createHash } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { isMeshError, type MeshError, type OutgoingMessage, type UploadState } from '../../../client';
import type { OperationCall } from '../../operation';

/** What an earlier try of this item, in the same execution, has come to. */
export type EarlierTry =
	| { state: 'sent'; json: IDataObject }
	| { state: 'interrupted'; upload: UploadState }
	| { state: 'unknown'; localId: string };

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
			const earlier = isMeshError(error) ? whatIsLeft(error) : undefined;
			if (earlier !== undefined) store[key] = earlier;
			return error;
		},
	};
}

function whatIsLeft({ code, upload, localId }: MeshError): EarlierTry | undefined {
	if (upload !== undefined) return { state: 'interrupted', upload };
	return code === 'MESH_SEND_OUTCOME_UNKNOWN' && localId !== undefined ? { state: 'unknown', localId } : undefined;
}

/** In a loop the node runs several times in one execution, with other content for the same item number. */
function runIndex(context: OperationCall['context'], itemIndex: number): number {
	return Number(context.getWorkflowDataProxy(itemIndex).$runIndex ?? 0);
}

function fingerprint(mailboxId: string, { source, ...fields }: OutgoingMessage): string {
	return createHash('sha256').update(JSON.stringify({ ...fields, mailboxId, size: source.size })).digest('base64url').slice(0, 22);
}

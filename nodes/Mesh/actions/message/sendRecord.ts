import { createHash } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { digestOf, isMeshError, runtime } from '../../client';
import type { MeshError, OutgoingMessage, UploadState } from '../../client';
import { nodeLogger } from '../../transport/meshClient';
import type { OperationCall } from '../operation';

/** What an earlier try of this item, in the same execution, has come to. */
type EarlierTry =
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
	const startedAt = runtime.now();
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
function leftAfter(error: unknown, before: EarlierTry | undefined, startedAt: number): EarlierTry | undefined {
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
function fingerprint(mailboxId: string, { source, ...fields }: OutgoingMessage, content?: string): string {
	return createHash('sha256').update(JSON.stringify({ ...fields, mailboxId, size: source.size, content })).digest('base64url').slice(0, 22);
}

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
	const startedAt = runtime.now();
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

/** n8n cuts longer values. */
const MAX_VALUE_CHARACTERS = 512;

/** What a workflow's own code knows as `$execution`. n8n-workflow does not declare it; the context has `customData` only from n8n 2 on. */
interface KeepsCustomData {
	customData?: { set(key: string, value: string): void };
}

/**
 * Keeps what it takes to go on after somebody has stopped the execution in the middle of a send. n8n stores of a stopped
 * execution what was known when it was stopped, and the error of the node comes later: but it still takes custom data, and its
 * log.
 */
export function noteStopped(call: OperationCall, { upload, localId, ambiguous }: MeshError): void {
	const { itemIndex } = call;
	if (upload !== undefined) {
		const state = stateText(upload);
		keep(call, `meshContinueUpload_${itemIndex}`, state, `Stopped in the middle of an upload. To go on with it, send the same content with the option Continue Upload set to ${state}`);
	} else if (ambiguous === true && localId !== undefined) {
		keep(call, `meshTrackLocalId_${itemIndex}`, localId, `Stopped before MESH had answered. Track local ID ${localId} before the message is sent again`);
	}
}

function keep({ context, itemIndex }: OperationCall, key: string, value: string, text: string): void {
	nodeLogger(context.logger, context.getNode()).warn(text);
	const execution = context.getWorkflowDataProxy(itemIndex).$execution as KeepsCustomData | undefined;
	execution?.customData?.set(key, value);
}

/** A long local ID of the user's is left out: the upload goes on without it. */
function stateText(upload: UploadState): string {
	const text = JSON.stringify(upload);
	return text.length <= MAX_VALUE_CHARACTERS ? text : JSON.stringify({ ...upload, localId: undefined });
}

import { createHash } from 'node:crypto';
import type { IDataObject } from 'n8n-workflow';
import { invalidInput, isMeshError } from '../../client';
import type { MeshError, OutgoingMessage, UnsettledSend, UploadState } from '../../client';
import { nodeLogger } from '../../transport/meshClient';
import type { OperationCall } from '../operation';

/** What the first try said of the message. Expressions may give something else at the next one; these are used again. */
type Fields = Omit<OutgoingMessage, 'to' | 'workflowId' | 'source'>;

/** What an earlier try of this item, in the same execution, has come to. */
type EarlierTry =
	| { state: 'sent'; json: IDataObject; addressDigest: string }
	| { state: 'interrupted'; upload: UploadState; fields: Fields }
	| { state: 'unknown'; unsettled: UnsettledSend; fields: Fields };

export interface SendRecord {
	earlier?: EarlierTry;
	/** The message as the first try sent it, where that has to be gone on with. */
	message: OutgoingMessage;
	/** Every begun send ends with `sent` or `failed`. */
	begun(): void;
	sent(json: IDataObject): void;
	/** Gives the error back, to be thrown. */
	failed(error: unknown): unknown;
}

/**
 * Remembers within the execution what became of each item. When one item fails, n8n's Retry On Fail and its Retry button run
 * the node again with all items: without this, those already sent would be sent twice. n8n keeps the node's context with the
 * execution, and hands it on when the execution is retried. An item is known by its place in the run, never by what its
 * expressions give: with $now in them that is another at each try.
 * @throws MeshError MESH_INVALID_INPUT when the item was sent to somebody else before, or is being sent by another retry
 */
export function sendRecord({ client, context, itemIndex, run, afterAllItems }: OperationCall, message: OutgoingMessage): SendRecord {
	const store = context.getContext('node') as Record<string, EarlierTry | undefined>;
	const key = `send:${run.index()}:${itemIndex}`;
	const execution = firstExecution(context);
	const place = execution && `${execution} ${context.getNode().id} ${key}`;
	const byRetry = place && retries.get(place);
	if (byRetry === 'under way') throw underWay();
	const earlier = byRetry || store[key];
	const addressDigest = client.addressDigest(message);
	if (earlier?.state === 'sent' && earlier.addressDigest !== addressDigest) throw sentToOther(earlier.json);
	// With Continue On Fail the node may be run again even after it has ended well, so that the record must stay.
	if (!context.continueOnFail()) afterAllItems(async () => void delete store[key]);
	return {
		earlier,
		message: asFirstSent(message, earlier),
		begun: () => remember(place, 'under way'),
		sent: (json) => keepTry({ state: 'sent', json, addressDigest }),
		failed(error) {
			keepTry(leftAfter(error, asFirstSent(message, earlier)) ?? earlier);
			return error;
		},
	};

	function keepTry(left: EarlierTry | undefined): void {
		if (left !== undefined) store[key] = left;
		remember(place, left);
	}
}

/**
 * By execution that was retried, node, run and item: what retries have come to that do not know of each other. n8n gives each
 * the state in which that execution failed, also when somebody clicks Retry twice.
 */
const retries = new Map<string, EarlierTry | 'under way'>();
const MAX_RETRIES_KNOWN = 10_000;

function remember(place: string | undefined, state: EarlierTry | 'under way' | undefined): void {
	if (place === undefined) return;
	retries.delete(place);
	if (state !== undefined) retries.set(place, state);
	for (const oldest of retries.keys()) {
		if (retries.size <= MAX_RETRIES_KNOWN) return;
		retries.delete(oldest);
	}
}

/** The execution whose retry this is, or the retry of its retry; n8n does not tell it to nodes, so it is kept with what is handed on. Undefined where an execution has no ID. */
function firstExecution(context: OperationCall['context']): string | undefined {
	const store = context.getContext('node') as { firstExecution?: string };
	const id: string | undefined = context.getExecutionId();
	return (store.firstExecution ??= id || undefined);
}

function underWay(): MeshError {
	return invalidInput(
		'to',
		'Another retry of the same execution is sending this item at this moment',
		'Wait for it to end: it is in the list of executions. Retry again only if it has failed.',
	);
}

function sentToOther({ messageId }: IDataObject): MeshError {
	return invalidInput(
		'to',
		`An earlier try of this execution has sent this item already, to another recipient, under another workflow ID or from another mailbox: as message ${String(messageId)}`,
		'It is not sent a second time. To send it to somebody else as well, start a new execution.',
	);
}

function asFirstSent(message: OutgoingMessage, earlier: EarlierTry | undefined): OutgoingMessage {
	if (earlier === undefined || earlier.state === 'sent') return message;
	const { to, workflowId, source } = message;
	return { ...earlier.fields, to, workflowId, source };
}

/** What the next try of the same message has to know. */
function leftAfter(error: unknown, message: OutgoingMessage): EarlierTry | undefined {
	if (!isMeshError(error)) return undefined;
	const { subject, localId, fileName, contentType, checksum, partnerId, contentEncrypted, contentCompressed } = message;
	const fields: Fields = { subject, localId, fileName, contentType, checksum, partnerId, contentEncrypted, contentCompressed };
	const { upload, unsettled } = error;
	if (upload !== undefined) return { state: 'interrupted', upload, fields };
	return unsettled && { state: 'unknown', unsettled, fields };
}

/** By the name that n8n gives the type of a node that is a tool. A tool gets one item at a time. */
export function isTool({ context }: OperationCall): boolean {
	return context.getNode().type.endsWith('Tool') && context.getInputData().length === 1;
}

/**
 * The record for a tool of an AI agent. n8n counts each try of a tool as a run of its own, so that only what the model asked for
 * tells that a try repeats another. Remembered is what is in doubt or interrupted, not what was sent: a model may well send the
 * same text twice.
 */
export function toolSendRecord({ context }: OperationCall, message: OutgoingMessage): SendRecord {
	const store = context.getContext('node') as Record<string, EarlierTry[] | undefined>;
	const asked = createHash('sha256')
		.update(JSON.stringify(context.getInputData()[0]?.json ?? {}))
		.digest('base64url');
	const key = `sendAsTool:${asked.slice(0, 22)}`;
	// Taken out, and put back on failure: of calls at the same time, each settles one of its own.
	const [earlier, ...others] = store[key] ?? [];
	keepTries(others);
	return {
		earlier,
		message: asFirstSent(message, earlier),
		begun() {},
		sent() {},
		failed(error) {
			const left = leftAfter(error, asFirstSent(message, earlier)) ?? earlier;
			if (left !== undefined) keepTries([...(store[key] ?? []), left]);
			return error;
		},
	};

	function keepTries(tries: EarlierTry[]): void {
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
		keep(
			call,
			`meshContinueUpload_${itemIndex}`,
			state,
			`Stopped in the middle of an upload. To go on with it, send the same content with the option Continue Upload set to ${state}`,
		);
	} else if (ambiguous === true && localId !== undefined) {
		keep(
			call,
			`meshTrackLocalId_${itemIndex}`,
			localId,
			`Stopped before MESH had answered. Track local ID ${localId} before the message is sent again`,
		);
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

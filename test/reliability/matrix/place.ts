import type { CallName, FaultRule } from '../../../sandbox';
import type { MeshClient } from '../../../nodes/Mesh/client';
import type { Lane } from './lane';

/** A call at which a fault can strike, within a use of the client that needs this call. */
export interface Place {
	name: string;
	/** `once`: must not happen twice; `idempotent`: changes something, twice being as good as once. */
	repeat: 'read' | 'idempotent' | 'once';
	/** What the client takes from the body of the answer. */
	answer: 'json' | 'nothing' | 'content';
	/** The call as the sandbox knows it. */
	call: CallName;
	/** Requests of this call that come before the struck one. */
	skip?: number;
	/** Requests of this call that come after the struck one when all goes well. */
	follow?: number;
	chunk?: number;
	chunkCount?: number;
	/** Set when the request has a body. */
	hasBody?: boolean;
	/** The answer has no body at all, so that what breaks bodies breaks the answer. */
	isEmpty?: boolean;
	/** How a download travels. */
	wire?: 'gzip' | 'packed' | 'plain';
	/** True where requests come before, so that there is a connection already. */
	isLater?: boolean;
	/** Of each request, where they are fewer than usual. */
	tries?: number;
	/** Sets the scene and returns what to do. */
	prepare(lane: Lane): Promise<Scene>;
}

/** One place of each class: a question or a change, an answer with or without a body, alone or after other requests, packed or not. */
const REPRESENTATIVES = [
	'list, second page',
	'count',
	'head',
	'acknowledge',
	'download, the only chunk, sent compressed',
	'download, chunk 2 of 3, not compressed',
	'download, chunk 3 of 3, sent compressed',
	'send, the only chunk, not compressed',
	'send, chunk 1 of 3, compressed',
	'send, chunk 2 of 3, not compressed',
	'send, chunk 3 of 3, compressed',
];

/** Whether a place stands for others that differ from it in name only: `npm test` plays faults here, `npm run test:full` everywhere. */
export function isRepresentative({ name }: Place): boolean {
	return REPRESENTATIVES.includes(name);
}

/** What is done in a cell, and what must hold of it. */
export interface Scene {
	/** Whose client it is. */
	mailboxId: string;
	/** The signal, where there is one, cancels all of it. */
	act(client: MeshClient, signal?: AbortSignal): Promise<unknown>;
	/** Throws when the result of a success is not right. */
	check(result: unknown): Promise<void> | void;
	/** Throws when something happened that may never happen, whether the call succeeded or failed. */
	always(failed: boolean): Promise<void> | void;
	/** After a failure, with the fault gone: goes on, and throws when that does not end well. */
	recover?(client: MeshClient, error: unknown): Promise<void>;
}

export function ruleOf({ call, skip, chunk }: Place): Pick<FaultRule, 'call' | 'skip' | 'chunk'> {
	return { call, skip, ...(chunk === undefined ? {} : { chunk }) };
}

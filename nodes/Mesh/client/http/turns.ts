import { MeshError, abortedError } from '../errors';
import type { MeshRuntime } from '../runtime';

/** Requests of a mailbox that run at the same time, at most: what the credential's Connections at Once says when nobody has set it. */
export const CONNECTIONS = 8;

export interface TurnRequest {
	/** Made before it is needed, and its answer may wait unread meanwhile. */
	ahead?: boolean;
	/** In words, for errors. */
	call: string;
	signal?: AbortSignal;
	/** How long a free turn is waited for; without it, until there is one: a transfer may take hours. */
	patience?: { milliseconds: number; after: MeshRuntime['after'] };
}

/**
 * What a client has to do with the turns of its mailbox. All clients of a mailbox in this process share them, and the smallest limit
 * among those in use counts for every one: a client is in use from its first request until it is closed.
 */
export interface Turns {
	/** Waits until one more request may run, and returns what ends its turn. */
	take(request: TurnRequest): Promise<() => void>;
	/**
	 * Whether a turn could be taken at once for a request made ahead. Such a request must not wait: the answers that a reader comes to
	 * later would hold the turn that it needs first. One turn is left to those who read, and none is taken from those who wait.
	 */
	mayAskAhead(): boolean;
	/** The client is closed; its limit counts no longer. */
	leave(): void;
}

interface Waiting extends TurnRequest {
	start(): void;
}

/** Of one mailbox in this process. */
interface Queue {
	users: Set<{ limit: number }>;
	running: TurnRequest[];
	waiting: Waiting[];
}

const queues = new Map<string, Queue>();

/** @param limit how many requests this client lets run at once, those of others included */
export function turnsOf(mailbox: string, limit: number): Turns {
	const user = { limit };
	return {
		async take(request) {
			const queue = queues.get(mailbox) ?? { users: new Set(), running: [], waiting: [] };
			queues.set(mailbox, queue);
			queue.users.add(user);
			return await turnIn(queue, request);
		},
		mayAskAhead() {
			const queue = queues.get(mailbox);
			return queue !== undefined && hasTurn(queue) && queue.running.filter(({ ahead }) => ahead).length < smallestLimit(queue) - 1;
		},
		leave() {
			const queue = queues.get(mailbox);
			if (!queue?.users.delete(user)) return;
			if (queue.users.size === 0) queues.delete(mailbox);
			startWaiting(queue);
		},
	};
}

async function turnIn(queue: Queue, request: TurnRequest): Promise<() => void> {
	const { call, signal, patience } = request;
	if (signal?.aborted) throw abortedError(call);
	const turn = await new Promise<TurnRequest>((resolve, reject) => {
		const giveUp = (error: MeshError) => {
			queue.waiting = queue.waiting.filter((other) => other !== waiting);
			tidy();
			reject(error);
		};
		const onAbort = () => giveUp(abortedError(call));
		const stopTimer = patience?.after(patience.milliseconds, () => giveUp(busy(call)));
		const tidy = () => {
			stopTimer?.();
			signal?.removeEventListener('abort', onAbort);
		};
		const waiting: Waiting = {
			...request,
			start() {
				tidy();
				resolve(waiting);
			},
		};
		signal?.addEventListener('abort', onAbort, { once: true });
		queue.waiting.push(waiting);
		startWaiting(queue);
	});
	return () => {
		queue.running = queue.running.filter((other) => other !== turn);
		startWaiting(queue);
	};
}

/** In the order in which they came. */
function startWaiting(queue: Queue): void {
	for (let next = queue.waiting[0]; next && queue.running.length < smallestLimit(queue); next = queue.waiting[0]) {
		queue.waiting.shift();
		queue.running.push(next);
		next.start();
	}
}

function hasTurn(queue: Queue): boolean {
	return queue.waiting.length === 0 && queue.running.length < smallestLimit(queue);
}

function smallestLimit({ users }: Queue): number {
	return Math.min(CONNECTIONS, ...[...users].map(({ limit }) => limit));
}

function busy(call: string): MeshError {
	return new MeshError(`Could not ${call}: all connections of the mailbox were in use`, {
		code: 'MESH_TIMEOUT',
		call,
		networkCode: 'MESH_CONNECTIONS_IN_USE',
		temporary: true,
		ambiguous: false,
		hint: "Messages are being sent or received with as many connections as the credential's Connections at Once allows. Try again when that is over.",
	});
}

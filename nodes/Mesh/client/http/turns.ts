import { MeshError, abortedError } from '../errors';
import type { MeshRuntime } from '../runtime';

/** Requests of a mailbox that run at the same time, at most: what the credential's Connections at Once says when nobody has set it. */
export const CONNECTIONS = 8;

export interface TurnRequest {
	/** How many may run at once, this one included. */
	limit: number;
	/** Made before it is needed, and its answer may wait unread meanwhile. */
	ahead?: boolean;
	/** In words, for errors. */
	call: string;
	signal?: AbortSignal;
	/** How long a free turn is waited for; without it, until there is one: a transfer may take hours. */
	patience?: { milliseconds: number; after: MeshRuntime['after'] };
}

interface Waiting extends TurnRequest {
	start(): void;
}

/** Of one mailbox in this process, whichever credentials and clients it is used by. */
interface Queue {
	running: TurnRequest[];
	waiting: Waiting[];
}

const queues = new Map<string, Queue>();

/**
 * Waits until one more request of a mailbox may run, and returns what ends its turn. Where limits differ, the smallest of those
 * running counts. One turn is never given to requests that are made ahead: whoever reads an answer may have to ask again, and would
 * wait for ever if answers that wait for that reader held all turns.
 */
export async function takeTurn(mailbox: string, request: TurnRequest): Promise<() => void> {
	const { call, signal, patience } = request;
	if (signal?.aborted) throw abortedError(call);
	const queue = queues.get(mailbox) ?? { running: [], waiting: [] };
	queues.set(mailbox, queue);
	const turn = await new Promise<TurnRequest>((resolve, reject) => {
		const giveUp = (error: MeshError) => {
			queue.waiting = queue.waiting.filter((other) => other !== waiting);
			tidy();
			reject(error);
			startWaiting(queue); // it may have stood in the way of others
			forget(mailbox, queue);
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
	let over = false;
	return () => {
		if (over) return;
		over = true;
		queue.running = queue.running.filter((other) => other !== turn);
		startWaiting(queue);
		forget(mailbox, queue);
	};
}

function forget(mailbox: string, { running, waiting }: Queue): void {
	if (running.length === 0 && waiting.length === 0) queues.delete(mailbox);
}

function startWaiting(queue: Queue): void {
	for (const next of [...queue.waiting]) {
		if (mayRun(next, queue.running)) {
			queue.waiting = queue.waiting.filter((other) => other !== next);
			queue.running.push(next);
			next.start();
		} else if (!next.ahead) {
			return; // in the order in which they came
		}
	}
}

function mayRun({ limit, ahead }: TurnRequest, running: readonly TurnRequest[]): boolean {
	const smallest = Math.min(limit, ...running.map((other) => other.limit));
	if (running.length >= smallest) return false;
	return !ahead || running.filter((other) => other.ahead).length < smallest - 1;
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

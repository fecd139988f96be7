import { randomUUID } from 'node:crypto';
import type { IPollFunctions } from 'n8n-workflow';
import type { Ledger } from './ledger';
import { noOutage, type Outage } from './outage';

/** What one trigger node remembers between polls, in the process that polls. Static data holds the checkpoint of it. */
export interface Session {
	ledger?: Ledger;
	/** The last checkpoint of another process that was taken in, so that it is taken in once. */
	adopted?: string;
	outage: Outage;
	/** When the mailbox was validated, and with which credential. */
	validated?: { at: number; credential: string };
	/** When the last complete listing began. */
	listedAt?: number;
	/** When the ledger was last reported as full. */
	fullReportedAt?: number;
	running?: RunningPoll;
}

/** A poll that has not ended. */
export interface RunningPoll {
	context: IPollFunctions;
	/** Makes it stop and hand over nothing more. */
	stop: AbortController;
	ended: Promise<void>;
}

/** Tells the checkpoints of this process from those of another. */
export const processId = randomUUID();

const sessions = new Map<string, Session>();
let seenContexts = new WeakSet<IPollFunctions>();

/** By node and not by activation: executions of an earlier activation may still be running. */
export function sessionOf(context: IPollFunctions): Session {
	const key = `${context.getWorkflow().id ?? ''}:${context.getNode().id}`;
	const session = sessions.get(key) ?? { outage: noOutage };
	sessions.set(key, session);
	return session;
}

/** True the first time: n8n makes one context for each activation, and one for each poll under its durable scheduler. */
export function isNewContext(context: IPollFunctions): boolean {
	const isNew = !seenContexts.has(context);
	seenContexts.add(context);
	return isNew;
}

/** For tests: what a restart of the process does. */
export function forgetSessions(): void {
	sessions.clear();
	seenContexts = new WeakSet();
}

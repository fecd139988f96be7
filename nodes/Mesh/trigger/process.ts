import { randomUUID } from 'node:crypto';
import type { IPollFunctions } from 'n8n-workflow';
import { runtime } from '../client';

/** What the triggers of one process of n8n share: who they are, when it stops, and which messages are in flight. */

const PROCESS_KEY = Symbol.for('n8n-nodes-nhs-mesh.process');

/** Tells what this process has handed over from what another has; the same after the package was reloaded in place. */
export const processId: string = ((globalThis as { [PROCESS_KEY]?: string })[PROCESS_KEY] ??= randomUUID());

/** In n8n's queue mode executions run on workers: they go on when the main process, which alone hears how they end, is restarted. */
export function isQueueMode(): boolean {
	return process.argv.includes('worker') || process.env.EXECUTIONS_MODE === 'queue';
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

let stopping = new AbortController();
let isWatching = false;

/**
 * Aborts when the process has been told to stop. n8n tells its nodes nothing of it, so the signals are listened to. n8n then waits up to
 * 30 seconds for running executions; whatever is started in that time is cut off, and its nodes may find parts of n8n gone already.
 */
export function shutdownSignal(): AbortSignal {
	if (!isWatching) {
		isWatching = true;
		for (const signal of SIGNALS) process.on(signal, onSignal);
	}
	return stopping.signal;
}

function onSignal(signal: NodeJS.Signals): void {
	stopping.abort();
	// Without a listener of the host's, ours would keep the signal from ending the process.
	if (process.listenerCount(signal) > 1) return;
	process.removeListener(signal, onSignal);
	process.kill(process.pid, signal);
}

const CLAIMS_KEY = Symbol.for('n8n-nodes-nhs-mesh.claims');

/** The ledger of one trigger, whichever version of the package made it. */
interface Owner {
	readonly mailbox: string;
}

/** Which ledger has a message in flight, and until when that is believed. */
interface Claim {
	owner: Owner;
	until: number;
}

/**
 * Messages in flight by whichever trigger of this process started them: a trigger that was deleted and added again, or whose
 * package was reloaded, does not hand over what its predecessor still has in an execution.
 */
const claims: Map<string, Claim> = ((globalThis as { [CLAIMS_KEY]?: Map<string, Claim> })[CLAIMS_KEY] ??= new Map());

const claimKey = (context: IPollFunctions, { mailbox }: Owner, messageId: string) =>
	`${context.getWorkflow().id ?? ''} ${mailbox} ${messageId}`;

/**
 * Claims messages until the function that it returns is called.
 * @param longestMs after which an execution counts as lost
 */
export function claim(context: IPollFunctions, ledger: Owner, messageIds: readonly string[], longestMs: number): () => void {
	const own: Claim = { owner: ledger, until: runtime.steadyNow() + longestMs };
	const keys = messageIds.map((id) => claimKey(context, ledger, id));
	for (const key of keys) claims.set(key, own);
	return () => {
		for (const key of keys) if (claims.get(key) === own) claims.delete(key);
	};
}

/** Whether another trigger has it in flight; what this one has is in its ledger. */
export function isClaimedElsewhere(context: IPollFunctions, ledger: Owner, messageId: string): boolean {
	const found = claims.get(claimKey(context, ledger, messageId));
	return found !== undefined && found.owner !== ledger && found.until > runtime.steadyNow();
}

/** For tests: a new process, which nobody has told to stop and which listens to no signal. */
export function forgetProcess(): void {
	claims.clear();
	for (const signal of SIGNALS) process.removeListener(signal, onSignal);
	stopping = new AbortController();
	isWatching = false;
}

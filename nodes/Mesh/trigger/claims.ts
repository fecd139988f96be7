import type { IPollFunctions } from 'n8n-workflow';
import { runtime } from '../client';
import type { Ledger } from './ledger';

const CLAIMS_KEY = Symbol.for('n8n-nodes-nhs-mesh.claims');

/** Which ledger has a message in flight, and until when that is believed. */
interface Claim {
	owner: object;
	until: number;
}

/**
 * Messages in flight by whichever trigger of this process started them: a trigger that was deleted and added again, or whose
 * package was reloaded, does not hand over what its predecessor still has in an execution.
 */
const claims: Map<string, Claim> = ((globalThis as { [CLAIMS_KEY]?: Map<string, Claim> })[CLAIMS_KEY] ??= new Map());

const claimKey = (context: IPollFunctions, { mailbox }: Ledger, messageId: string) =>
	`${context.getWorkflow().id ?? ''} ${mailbox} ${messageId}`;

/**
 * Claims messages until the function that it returns is called.
 * @param longestMs after which an execution counts as lost
 */
export function claim(context: IPollFunctions, ledger: Ledger, messageIds: readonly string[], longestMs: number): () => void {
	const own: Claim = { owner: ledger, until: runtime.steadyNow() + longestMs };
	const keys = messageIds.map((id) => claimKey(context, ledger, id));
	for (const key of keys) claims.set(key, own);
	return () => {
		for (const key of keys) if (claims.get(key) === own) claims.delete(key);
	};
}

/** Whether another trigger has it in flight; what this one has is in its ledger. */
export function isClaimedElsewhere(context: IPollFunctions, ledger: Ledger, messageId: string): boolean {
	const found = claims.get(claimKey(context, ledger, messageId));
	return found !== undefined && found.owner !== ledger && found.until > runtime.steadyNow();
}

/** For tests: what a restart of the process does. */
export function forgetClaims(): void {
	claims.clear();
}

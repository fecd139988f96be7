import { MeshError, isMeshError, runtime } from '../client';

/** Longest the trigger waits for one call, its repetitions included: n8n, a person or the next message waits for it. */
const LONGEST_MS = 60_000;

export interface TimeLimit {
	/** What n8n grants, where that is less than a minute; 0 and absent set no other limit. */
	budgetMs?: number;
	signal?: AbortSignal;
}

/**
 * Makes a call under a time limit.
 * @param what the call in words, such as `list the inbox`
 * @throws MeshError MESH_TIMEOUT when it takes longer
 */
export async function withinTime<T>(
	{ budgetMs = 0, signal }: TimeLimit,
	what: string,
	call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
	const limit = Math.min(LONGEST_MS, budgetMs || LONGEST_MS);
	const late = new AbortController();
	const stopTimer = runtime.after(limit, () => late.abort());
	const outcome = await call(signal === undefined ? late.signal : AbortSignal.any([signal, late.signal])).then(
		(value) => ({ value }),
		(error: unknown) => ({ error }),
	);
	const isLate = late.signal.aborted;
	stopTimer();
	if ('value' in outcome) return outcome.value;
	if (!isLate || signal?.aborted === true) throw outcome.error;
	// What MESH had answered before says more than that time ran out.
	throw (isMeshError(outcome.error) ? outcome.error.lastFailure : undefined) ?? tooLate(what, limit);
}

function tooLate(what: string, limit: number): MeshError {
	return new MeshError(`MESH did not answer within ${Math.round(limit / 1000)} seconds when the trigger wanted to ${what}`, {
		code: 'MESH_TIMEOUT',
		call: what,
		temporary: true,
		hint: 'The connection or the service is slow or stuck. The next poll tries again.',
	});
}

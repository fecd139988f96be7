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
	try {
		return await call(signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]));
	} catch (error) {
		if (!late.signal.aborted || signal?.aborted === true) throw error;
		// What MESH had answered before says more than that time ran out.
		throw (isMeshError(error) ? error.lastFailure : undefined) ?? tooLate(what, limit);
	} finally {
		stopTimer();
	}
}

function tooLate(what: string, limit: number): MeshError {
	return new MeshError(`MESH did not answer within ${Math.round(limit / 1000)} seconds when the trigger wanted to ${what}`, {
		code: 'MESH_TIMEOUT',
		call: what,
		temporary: true,
		hint: 'The connection or the service is slow or stuck. The next poll tries again.',
	});
}

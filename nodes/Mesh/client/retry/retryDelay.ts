import type { RetryPolicy } from '../types';

export interface DelayFacts {
	/** The attempt that failed; 1 is the first. */
	attempt: number;
	/** In [0, 1). */
	random: number;
	policy: RetryPolicy;
	/** What the server asked for, in milliseconds. */
	retryAfter?: number;
}

/**
 * How long to wait before the next attempt: full jitter over an exponentially growing range, so that many clients that
 * failed together do not come back together. A server's own wish comes first, capped, with a little jitter on top.
 */
export function retryDelay({ attempt, random, policy, retryAfter }: DelayFacts): number {
	const range = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** Math.min(attempt - 1, 30));
	if (retryAfter !== undefined) {
		return Math.min(policy.maxRetryAfterMs, retryAfter + random * policy.baseDelayMs);
	}
	return random * range;
}

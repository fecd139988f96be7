import type { MovableClock } from '../clock';
import type { Behaviour } from '../contract/behaviour';
import { refuse } from '../errors/refusals';

/** Counts the requests of each mailbox in windows of sandbox time. */
export class RateLimiter {
	private readonly windows = new Map<string, { startedAt: number; requests: number }>();

	constructor(
		private readonly clock: MovableClock,
		private readonly behaviour: Behaviour,
	) {}

	/** Throws 429 with `Retry-After` once the mailbox is over its limit. */
	count(mailboxId: string): void {
		const limit = this.behaviour.rateLimit;
		if (!limit) return;
		const now = this.clock.now();
		const window = this.windows.get(mailboxId);
		// Before its start only where the clock was set back.
		if (!window || now < window.startedAt || now >= window.startedAt + limit.perMs) {
			this.windows.set(mailboxId, { startedAt: now, requests: 1 });
		} else if (++window.requests > limit.requests) {
			throw refuse('tooManyRequests', undefined, { 'retry-after': String(limit.retryAfterSeconds) });
		}
	}
}

/** Beyond this the oldest tokens are forgotten; at 1,000 requests a second that is after 8 minutes. */
const MAXIMUM_TOKENS = 500_000;

/** Tokens used up, each kept for a time in which its timestamp might still be accepted. */
export class ReplayMemory {
	private readonly expiries = new Map<string, number>();

	constructor(private readonly maximum = MAXIMUM_TOKENS) {}

	/** True the first time a key is seen; false for a replay. Times in milliseconds. */
	use(key: string, expiresAt: number, now: number): boolean {
		this.prune(now);
		if (this.expiries.has(key)) return false;
		this.expiries.set(key, expiresAt);
		return true;
	}

	clear(): void {
		this.expiries.clear();
	}

	get size(): number {
		return this.expiries.size;
	}

	private prune(now: number): void {
		for (const [key, expiresAt] of this.expiries) {
			if (expiresAt > now && this.expiries.size < this.maximum) break;
			this.expiries.delete(key);
		}
	}
}

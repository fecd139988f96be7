import { TokenFiles } from './tokenFiles';

/** Beyond this the oldest tokens are forgotten; at 1,000 requests a second that is after 8 minutes. */
const MAXIMUM_TOKENS = 500_000;

/** Tokens used up, each kept for a time in which its timestamp might still be accepted. */
export class ReplayMemory {
	private readonly expiries = new Map<string, number>();
	private readonly files: TokenFiles;

	/** With a folder, the tokens outlive a restart. `now`: as for use(). */
	constructor(
		folder: string | undefined,
		now: number,
		private readonly maximum = MAXIMUM_TOKENS,
	) {
		this.files = new TokenFiles(folder, maximum);
		for (const { key, expiresAt } of this.files.open(now)) this.expiries.set(key, expiresAt);
	}

	/** True the first time a key is seen; false for a replay. Times in milliseconds. */
	use(key: string, expiresAt: number, now: number): boolean {
		this.prune(now);
		if (this.expiries.has(key)) return false;
		this.expiries.set(key, expiresAt);
		this.files.add({ key, expiresAt });
		return true;
	}

	clear(): void {
		this.expiries.clear();
		this.files.clear();
	}

	close(): void {
		this.files.close();
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

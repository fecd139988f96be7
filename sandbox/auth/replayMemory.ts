import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

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

/** How long a used token may wait in memory before it is written. */
const WRITTEN_AFTER_MS = 250;

/** A token used up. */
interface UsedToken {
	key: string;
	expiresAt: number;
}

/**
 * Used tokens on disk, one line each. No request waits for them: they are written together, some time later, so that the last
 * moments are lost when the process is killed. There are two files, and the older one makes way when the newer one is full.
 */
class TokenFiles {
	private readonly current?: string;
	private descriptor?: number;
	private waiting: string[] = [];
	private writing?: NodeJS.Timeout;
	private written = 0;

	/** `folder` undefined: keeps nothing. `capacity`: lines per file. */
	constructor(
		folder: string | undefined,
		private readonly capacity: number,
	) {
		if (folder !== undefined) this.current = join(folder, 'tokens.txt');
	}

	/** What a former run left, oldest first, written anew without those that have expired. */
	open(now: number): UsedToken[] {
		if (this.current === undefined) return [];
		const tokens = [this.former, this.current]
			.flatMap(read)
			.filter(({ expiresAt }) => expiresAt > now)
			.slice(-this.capacity);
		writeFileSync(`${this.current}.new`, tokens.map(line).join(''), { mode: 0o600 });
		renameSync(`${this.current}.new`, this.current);
		rmSync(this.former, { force: true });
		this.descriptor = openSync(this.current, 'a', 0o600);
		this.written = tokens.length;
		return tokens;
	}

	add(token: UsedToken): void {
		if (this.descriptor === undefined) return;
		this.waiting.push(line(token));
		this.writing ??= setTimeout(() => this.write(), WRITTEN_AFTER_MS).unref();
	}

	clear(): void {
		if (this.descriptor === undefined) return;
		this.waiting = [];
		this.begin();
		rmSync(this.former, { force: true });
	}

	close(): void {
		this.write();
		if (this.descriptor !== undefined) closeSync(this.descriptor);
		this.descriptor = undefined;
	}

	private get former(): string {
		return `${this.current}.old`;
	}

	private write(): void {
		clearTimeout(this.writing);
		this.writing = undefined;
		if (this.descriptor === undefined || this.waiting.length === 0) return;
		try {
			if (this.written >= this.capacity) this.begin();
			writeSync(this.descriptor, this.waiting.join(''));
		} catch {
			// On a full disk a token may be good once more after a restart, which is no reason to end.
		}
		this.written += this.waiting.length;
		this.waiting = [];
	}

	/** A new file; the one so far becomes the former. */
	private begin(): void {
		if (this.current === undefined || this.descriptor === undefined) return;
		// Somebody may have deleted the folder under a running sandbox.
		if (existsSync(this.current)) renameSync(this.current, this.former);
		const begun = openSync(this.current, 'a', 0o600);
		// Last: when no new file can be had, the one so far is written on.
		closeSync(this.descriptor);
		this.descriptor = begun;
		this.written = 0;
	}
}

/** A key is JSON, which has no line breaks. */
const line = ({ key, expiresAt }: UsedToken) => `${expiresAt} ${key}\n`;

/** A line cut short by a crash names no token that anybody could send. */
function read(file: string): UsedToken[] {
	let text: string;
	try {
		text = readFileSync(file, 'utf8');
	} catch {
		return [];
	}
	return text.split('\n').flatMap((each) => {
		const [, expiresAt, key] = /^([\d.]+) (\[.*\])$/.exec(each) ?? [];
		return key === undefined ? [] : [{ key, expiresAt: Number(expiresAt) }];
	});
}

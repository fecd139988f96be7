import type { SandboxClock } from './contract/sandbox';

/** The last time that every format of MESH can tell: its years have four digits. */
export const LATEST_TIME_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** What moving the clock did. */
interface ClockMove {
	/** Sandbox time before. */
	from: number;
	/** How far the clock is now ahead of the base time. */
	offsetMs: number;
}

/** A clock that only its owner moves: base time plus an offset that grows, or is taken away altogether. */
export class MovableClock implements SandboxClock {
	private readonly listeners: Array<(move: ClockMove) => void> = [];
	private ahead = 0;

	/** `aheadMs`: where a former run left it; what no clock could have been left at counts as 0. */
	constructor(
		private readonly base: () => number,
		aheadMs = 0,
	) {
		if (this.canAdvance(aheadMs)) this.ahead = aheadMs;
	}

	get offsetMs(): number {
		return this.ahead;
	}

	now(): number {
		return this.base() + this.ahead;
	}

	/** The base time alone. */
	unmoved(): number {
		return this.base();
	}

	/** Whether advance() takes this. */
	canAdvance(ms: number): boolean {
		return Number.isFinite(ms) && ms >= 0 && this.now() + ms <= LATEST_TIME_MS;
	}

	advance(ms: number): void {
		if (!this.canAdvance(ms))
			throw new RangeError('The sandbox clock only moves forward, to the year 9999 at most: give milliseconds, 0 or more');
		this.moveTo(this.ahead + ms);
	}

	reset(): void {
		this.moveTo(0);
	}

	/** Called after each move. */
	onMove(listener: (move: ClockMove) => void): void {
		this.listeners.push(listener);
	}

	private moveTo(offsetMs: number): void {
		const from = this.now();
		this.ahead = offsetMs;
		for (const listener of this.listeners) listener({ from, offsetMs });
	}
}

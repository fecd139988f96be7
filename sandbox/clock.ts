import type { SandboxClock } from './contract/sandbox';

/** A clock that only its owner moves: base time plus an offset that grows. */
export class MovableClock implements SandboxClock {
	private readonly listeners: Array<(offsetMs: number) => void> = [];

	constructor(
		private readonly base: () => number,
		private offsetMs = 0,
	) {}

	now(): number {
		return this.base() + this.offsetMs;
	}

	/** The base time alone. */
	unmoved(): number {
		return this.base();
	}

	advance(ms: number): void {
		if (!Number.isFinite(ms) || ms < 0) throw new RangeError('The sandbox clock only moves forward: give milliseconds, 0 or more');
		this.offsetMs += ms;
		for (const listener of this.listeners) listener(this.offsetMs);
	}

	/** Called after each advance with the offset in all. */
	onAdvance(listener: (offsetMs: number) => void): void {
		this.listeners.push(listener);
	}
}

import type { MeshRuntime } from '../../nodes/Mesh/client';
import { DEFAULT_TIMEOUTS } from '../../nodes/Mesh/client/settings';

/** What a client waits for an answer. */
export const SILENCES_MS: readonly number[] = [DEFAULT_TIMEOUTS.responseMs, DEFAULT_TIMEOUTS.stallMs];

/** In so many turns of the event loop, all that was sent within this process has arrived and been dealt with. */
const TURNS = 20;

/** Time that stands still until a test moves it: what a client or the whole process takes for its runtime. */
export class FakeClock implements Pick<MeshRuntime, 'now' | 'after'> {
	private time = Date.now();
	/** Oldest first. */
	private timers: Array<{ at: number; milliseconds: number; then: () => void }> = [];
	private started = 0;

	readonly now = (): number => this.time;

	readonly after = (milliseconds: number, then: () => void): (() => void) => {
		const timer = { at: this.time + milliseconds, milliseconds, then };
		this.timers.push(timer);
		this.started++;
		return () => (this.timers = this.timers.filter((other) => other !== timer));
	};

	advance(milliseconds: number): void {
		this.time += milliseconds;
		const due = this.timers.filter(({ at }) => at <= this.time);
		this.timers = this.timers.filter(({ at }) => at > this.time);
		for (const { then } of due) then();
	}

	/**
	 * From now on a client that works by this clock gives up on a silent sandbox or proxy as soon as that says that it is silent. Only
	 * that client's timer runs out: for all others the time stands still.
	 */
	passSilences(silent: { nextSilence(): Promise<unknown> }, silences = SILENCES_MS): void {
		const pass = async () => {
			for (;;) {
				await silent.nextSilence();
				await this.untilNothingMoves();
				this.timers
					.filter(({ milliseconds }) => silences.includes(milliseconds))
					.at(-1)
					?.then();
			}
		};
		void pass();
	}

	/** A client starts a timer with all that it sends and receives. */
	async untilNothingMoves(): Promise<void> {
		for (let turn = 0, seen = this.started; turn < TURNS; turn++) {
			await new Promise((resolve) => setImmediate(resolve));
			if (seen === this.started) continue;
			seen = this.started;
			turn = 0;
		}
	}
}

let held: (() => void) | undefined;

/** In the place of the runtime's `sleep`: a pause between two attempts takes no time, unless a test holds it. */
export const passPause: MeshRuntime['sleep'] = async (_milliseconds, signal) => {
	signal?.throwIfAborted();
	if (held === undefined) return;
	held();
	await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped')), { once: true }));
};

/** Makes the next pause last until it is cancelled; resolves when it has begun. */
export async function heldPause(): Promise<void> {
	await new Promise<void>((resolve) => (held = resolve));
	held = undefined;
}

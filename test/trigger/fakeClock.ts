import type { Clock } from '../../nodes/Mesh/trigger/time';

/** Time that stands still until a test moves it. */
export class FakeClock implements Clock {
	private time = Date.now();
	private sleepers: Array<{ at: number; wake: () => void }> = [];

	now(): number {
		return this.time;
	}

	async after(milliseconds: number, signal: AbortSignal): Promise<void> {
		if (signal.aborted) return;
		await new Promise<void>((resolve) => {
			this.sleepers.push({ at: this.time + milliseconds, wake: resolve });
			signal.addEventListener('abort', () => resolve(), { once: true });
		});
	}

	advance(milliseconds: number): void {
		this.time += milliseconds;
		const due = this.sleepers.filter(({ at }) => at <= this.time);
		this.sleepers = this.sleepers.filter(({ at }) => at > this.time);
		for (const { wake } of due) wake();
	}
}

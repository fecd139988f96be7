import type { MeshRuntime } from '../../nodes/Mesh/client';

/** Time that stands still until a test moves it: for `replaceRuntime`. */
export class FakeClock implements Pick<MeshRuntime, 'now' | 'after'> {
	private time = Date.now();
	private timers: Array<{ at: number; then: () => void }> = [];

	readonly now = (): number => this.time;

	readonly after = (milliseconds: number, then: () => void): (() => void) => {
		const timer = { at: this.time + milliseconds, then };
		this.timers.push(timer);
		return () => (this.timers = this.timers.filter((other) => other !== timer));
	};

	advance(milliseconds: number): void {
		this.time += milliseconds;
		const due = this.timers.filter(({ at }) => at <= this.time);
		this.timers = this.timers.filter(({ at }) => at > this.time);
		for (const { then } of due) then();
	}
}

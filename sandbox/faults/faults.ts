import type { MovableClock } from '../clock';
import type { CallName, Fault, FaultRule, RecordedRequest } from '../contract/faults';

/** What a rule looks at. */
interface Target {
	call: CallName;
	method: string;
	path: string;
	chunk?: number;
}

interface ArmedRule {
	rule: FaultRule;
	skip: number;
	times: number;
}

/** The armed rules, in order; the first that fits strikes. */
export class Faults {
	private armed: ArmedRule[] = [];
	private refusals: Array<{ since: number; until: number; skip: number; times: number }> = [];

	constructor(private readonly clock: MovableClock) {}

	arm(rule: FaultRule): void {
		const { fault, skip = 0, times } = rule;
		if (fault.kind === 'refuseConnections') {
			const since = this.clock.now();
			this.refusals.push({ since, until: since + fault.ms, skip, times: times ?? Infinity });
		} else {
			this.armed.push({ rule, skip, times: times ?? 1 });
		}
	}

	clear(): void {
		this.armed = [];
		this.refusals = [];
	}

	/** Rules not spent yet; connections are refused for as long as `ms` still says, and without `times` however many there are. */
	list(): FaultRule[] {
		this.dropEndedRefusals();
		const now = this.clock.now();
		const refusals = this.refusals.map(
			({ until, skip, times }): FaultRule => ({
				skip,
				...(times === Infinity ? {} : { times }),
				fault: { kind: 'refuseConnections', ms: until - now },
			}),
		);
		return [...this.armed.map(({ rule, skip, times }) => ({ ...rule, skip, times })), ...refusals];
	}

	/** The fault that strikes this request, if any; counts it. */
	take(target: Target): Fault | undefined {
		for (const each of this.armed) {
			if (!fits(each.rule, target)) continue;
			if (each.skip > 0) {
				each.skip--;
				continue;
			}
			each.times--;
			if (each.times <= 0) this.armed = this.armed.filter((other) => other !== each);
			return each.rule.fault;
		}
		return undefined;
	}

	/** Whether the connection that has just come in is to be reset; counts it. */
	refusesConnection(): boolean {
		this.dropEndedRefusals();
		for (const each of this.refusals) {
			if (each.skip > 0) {
				each.skip--;
				continue;
			}
			each.times--;
			return true;
		}
		return false;
	}

	private dropEndedRefusals(): void {
		const now = this.clock.now();
		// A clock that was set back to before it ends a refusal too.
		this.refusals = this.refusals.filter(({ since, until, times }) => since <= now && now < until && times > 0);
	}
}

function fits({ call, method, path, chunk }: FaultRule, target: Target): boolean {
	if (call !== undefined && ![call].flat().includes(target.call)) return false;
	if (method !== undefined && method.toUpperCase() !== target.method) return false;
	if (typeof path === 'string' && !target.path.includes(path)) return false;
	// search() starts at the beginning each time, whatever flags the expression carries.
	if (path instanceof RegExp && target.path.search(path) < 0) return false;
	return chunk === undefined || chunk === target.chunk;
}

/** Tells tests of requests on which a fault has fallen silent, so that they can move a clock of their own instead of waiting. */
export class Silences {
	private untold: RecordedRequest[] = [];
	private waiting: Array<(request: RecordedRequest) => void> = [];

	begin(request: RecordedRequest): void {
		const tell = this.waiting.shift();
		if (tell) tell(request);
		else this.untold.push(request);
	}

	next(): Promise<RecordedRequest> {
		const request = this.untold.shift();
		return request ? Promise.resolve(request) : new Promise((resolve) => this.waiting.push(resolve));
	}

	clear(): void {
		this.untold = [];
	}
}

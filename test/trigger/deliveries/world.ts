import {
	beginListing,
	fromCheckpoint,
	handOver,
	inFlightCount,
	noteAcknowledged,
	noteEnd,
	noteListing,
	noteRefusal,
	noteTime,
	release,
	takeReports,
	toAcknowledge,
	toCheckpoint,
	underOtherListing,
	type Deliveries,
	type DeliveryRules,
	type HandOver,
	type Outcome,
} from '../../../nodes/Mesh/trigger/deliveries';

/** How a workflow treats a message: succeeds, fails always, or fails the first time. */
export type Nature = 'good' | 'poison' | 'moody';

interface Execution {
	batch: HandOver[];
	startedAt: number;
}

/**
 * A mailbox, n8n and the trigger in one process, without any of them: drives the ledger as the poll does, and keeps its own
 * books of what was promised. Every check throws at the moment the promise is broken.
 */
export class World {
	now = 1_700_000_000_000;
	deliveries: Deliveries;
	readonly inbox: string[] = [];
	readonly natures = new Map<string, Nature>();
	readonly succeeded = new Set<string>();
	readonly acknowledged = new Set<string>();
	readonly handOvers = new Map<string, number>();
	readonly reports: string[] = [];
	/** Whether the workflow filter in use lets every second message through only. */
	isFiltered = false;
	running: Execution[] = [];
	acknowledgementsFail = false;
	private saved = '{}';
	private readonly rounds = new Map<string, number>();
	private readonly sure = new Set<string>();
	private readonly takenBack = new Set<string>();

	constructor(readonly rules: DeliveryRules) {
		this.deliveries = fromCheckpoint(undefined, this.now, rules);
	}

	arrive(nature: Nature): void {
		const id = `M${this.natures.size}`;
		this.natures.set(id, nature);
		this.inbox.push(id);
	}

	/** Somebody else acknowledges it, or it expires. */
	leave(index: number): void {
		const [id] = this.inbox.splice(index, 1);
		if (id !== undefined) this.rounds.delete(id);
	}

	/** @param meanwhile what happens between the listing's snapshot and its arrival */
	poll(meanwhile: () => void = () => {}, complete = true): void {
		this.deliveries = noteTime(this.deliveries, this.now, this.rules);
		const begun = beginListing(this.deliveries);
		this.deliveries = begun.deliveries;
		const snapshot = this.inbox.filter((id) => this.passes(id));
		meanwhile();
		this.deliveries = noteListing(this.deliveries, {
			number: begun.number,
			messageIds: complete ? snapshot : snapshot.slice(0, Math.ceil(snapshot.length / 2)),
			complete,
		});
		this.forgetWhatIsHidden();
		this.acknowledgeOwed();
		this.takeReports();
		this.handOverAll();
		this.check();
	}

	handOverAll(): void {
		for (;;) {
			const next = handOver(this.deliveries, this.now, this.rules);
			if (next.batch.length === 0) return;
			this.deliveries = next.deliveries;
			this.saved = JSON.stringify(toCheckpoint(this.deliveries)); // written before the hand-over
			for (const message of next.batch) this.noteHandOver(message);
			this.running.push({ batch: next.batch, startedAt: this.now });
			this.check();
		}
	}

	/** One execution ends as its messages deserve; with `forced`, in another way. */
	finish(index: number, forced?: Outcome): void {
		const [execution] = this.running.splice(index, 1);
		if (execution === undefined) return;
		const fails = execution.batch.some(
			({ messageId, attempt }) => this.natures.get(messageId) === 'poison' || (this.natures.get(messageId) === 'moody' && attempt === 1),
		);
		const outcome = forced ?? (fails ? { kind: 'failed', reason: { kind: 'failed', node: 'Set' } } : { kind: 'delivered' });
		for (const { messageId, attempt } of execution.batch) {
			const delivery = this.deliveries.entries.get(messageId);
			if (outcome.kind === 'delivered') this.succeeded.add(messageId);
			// Not if it was given up as overdue before: then the attempt counts.
			if (outcome.kind === 'notStarted' && delivery?.state === 'inFlight' && delivery.attempts === attempt) this.takeBack(messageId);
		}
		this.deliveries = noteEnd(this.deliveries, execution.batch, outcome, this.now, this.rules);
		this.acknowledgeOwed();
		this.takeReports();
		this.check();
	}

	/** The workflow is published with another filter or credential. */
	publishChanged(isFiltered: boolean): void {
		this.isFiltered = isFiltered;
		this.deliveries = underOtherListing(this.deliveries);
		this.check();
	}

	private passes(id: string): boolean {
		return !this.isFiltered || Number(id.slice(1)) % 2 === 0;
	}

	/** A message that failed and that the new filter does not show is no longer this trigger's: should it come back, it comes anew. */
	private forgetWhatIsHidden(): void {
		for (const id of this.handOvers.keys()) {
			if (
				this.passes(id) ||
				this.deliveries.entries.has(id) ||
				this.running.some(({ batch }) => batch.some(({ messageId }) => messageId === id))
			)
				continue;
			this.handOvers.delete(id);
			this.rounds.delete(id);
		}
	}

	/** The process is killed: only the checkpoint of the last hand-over is left. */
	crash(clockJumpMs = 0): void {
		this.now += clockJumpMs;
		const { messages = [] } = JSON.parse(this.saved) as { messages?: string[] };
		for (const line of messages) {
			// What was in flight and not suspected before is not charged with the stop, but where there is one attempt only.
			const [, id = ''] = /^running \d+ \d+ - (\S+)$/.exec(line) ?? [];
			if (id !== '' && this.rules.deliveryAttempts > 1) this.rounds.set(id, Math.max(0, (this.rounds.get(id) ?? 1) - 1));
		}
		this.running = [];
		this.sure.clear();
		this.deliveries = fromCheckpoint(JSON.parse(this.saved), this.now, this.rules);
		for (const id of this.takenBack) {
			// the checkpoint may still count what never began: too many is safe
			const { attempts = 0, round = 0 } = this.deliveries.entries.get(id) ?? {};
			this.handOvers.set(id, attempts);
			this.rounds.set(id, round);
		}
		this.check();
	}

	activate(): void {
		this.rounds.clear();
		this.deliveries = release(this.deliveries, this.now);
		this.check();
	}

	private noteHandOver({ messageId, attempt }: HandOver): void {
		const before = this.handOvers.get(messageId) ?? 0;
		if (attempt !== before + 1) throw new Error(`${messageId}: attempt ${attempt} after ${before}`);
		if (
			this.running.some(
				({ batch, startedAt }) =>
					this.now - startedAt < this.rules.longestExecutionMs && batch.some((other) => other.messageId === messageId),
			)
		)
			throw new Error(`${messageId} handed over while in flight`);
		if (this.sure.has(messageId)) throw new Error(`${messageId} handed over after a success that the ledger knew of`);
		const round = (this.rounds.get(messageId) ?? 0) + 1;
		if (round > this.rules.deliveryAttempts) throw new Error(`${messageId}: hand-over ${round} of ${this.rules.deliveryAttempts}`);
		this.rounds.set(messageId, round);
		this.handOvers.set(messageId, attempt);
	}

	private takeBack(messageId: string): void {
		this.takenBack.add(messageId);
		this.handOvers.set(messageId, (this.handOvers.get(messageId) ?? 1) - 1);
		this.rounds.set(messageId, Math.max(0, (this.rounds.get(messageId) ?? 1) - 1));
	}

	private acknowledgeOwed(): void {
		for (const id of toAcknowledge(this.deliveries)) {
			if (!this.succeeded.has(id)) throw new Error(`${id} acknowledged before success`);
			this.sure.add(id);
			if (this.acknowledgementsFail) {
				this.deliveries = noteRefusal(this.deliveries, id);
				continue;
			}
			this.acknowledged.add(id);
			if (this.inbox.includes(id)) this.inbox.splice(this.inbox.indexOf(id), 1);
			this.deliveries = noteAcknowledged(this.deliveries, id);
		}
	}

	private takeReports(): void {
		const taken = takeReports(this.deliveries);
		this.deliveries = taken.deliveries;
		this.reports.push(...taken.parked.map(({ messageId }) => messageId));
	}

	private check(): void {
		if (inFlightCount(this.deliveries) > this.rules.maximumInFlight) throw new Error(`${inFlightCount(this.deliveries)} in flight`);
		for (const [id, { state }] of this.deliveries.entries) {
			if (state === 'delivered' && !this.succeeded.has(id)) throw new Error(`${id} counts as delivered`);
		}
	}
}

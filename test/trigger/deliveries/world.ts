import type { IDataObject } from 'n8n-workflow';
import {
	FIVE_DAYS_MS,
	beginListing,
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
	type Deliveries,
	type DeliveryRules,
	type HandOver,
	type Outcome,
} from '../../../nodes/Mesh/trigger/deliveries';
import { openLedger, writeCheckpoint, type Ledger, type Ledgers } from '../../../nodes/Mesh/trigger/ledger';

/** How a workflow treats a message: succeeds, fails always, or fails the first time. */
export type Nature = 'good' | 'poison' | 'moody';

/** What a person can change of a published workflow. */
export interface Published {
	mailbox: 'A' | 'B';
	/** Whether the workflow filter lets every second message through only. */
	isFiltered: boolean;
	credential: string;
}

interface Execution {
	batch: HandOver[];
	startedAt: number;
	ledger: Ledger;
	/** The process that hears of its end; in queue mode executions outlive it. */
	process: number;
}

/**
 * Two mailboxes, n8n and the trigger in one process, without any of them: drives the ledgers as the poll does, and keeps its own
 * books of what was promised. Every check throws at the moment the promise is broken.
 */
export class World {
	now = 1_700_000_000_000;
	readonly inboxes: Record<Published['mailbox'], string[]> = { A: [], B: [] };
	readonly natures = new Map<string, Nature>();
	readonly succeeded = new Set<string>();
	readonly acknowledged = new Set<string>();
	readonly handOvers = new Map<string, number>();
	readonly reports: string[] = [];
	published: Published = { mailbox: 'A', isFiltered: false, credential: '' };
	running: Execution[] = [];
	acknowledgementsFail = false;
	private session: Ledgers = { former: new Map() };
	/** Under what the last poll listed; undefined until there has been one since the last change. */
	private inUse?: Published;
	private process = 0;
	private staticData: IDataObject = {};
	private saved = '{}';
	private readonly rounds = new Map<string, number>();
	private readonly sure = new Set<string>();
	private readonly takenBack = new Set<string>();
	/** Since when a message may be out of the trigger's sight. */
	private readonly away = new Map<string, number>();
	private readonly forgettable = new Set<string>();

	/** @param isQueueMode executions run on workers; needs n8n's variable for it to be set, too */
	constructor(
		readonly rules: DeliveryRules,
		private readonly isQueueMode = false,
	) {
		this.open();
	}

	get inbox(): string[] {
		return this.inboxes[this.published.mailbox];
	}

	get deliveries(): Deliveries {
		return this.ledger.deliveries;
	}

	private get ledger(): Ledger {
		if (this.session.ledger === undefined) throw new Error('No poll has opened a ledger');
		return this.session.ledger;
	}

	private open(): void {
		const { mailbox, isFiltered, credential } = this.published;
		const context = { getWorkflowStaticData: () => this.staticData };
		const listedUnder = { filter: String(isFiltered), credential };
		openLedger(context, this.session, { mailboxId: mailbox, origin: 'https://mesh' }, listedUnder, this.now, this.rules);
	}

	private save(): void {
		writeCheckpoint({ getWorkflowStaticData: () => this.staticData }, this.session, this.ledger, this.now);
		this.saved = JSON.stringify(this.staticData);
	}

	arrive(nature: Nature): void {
		const id = `${this.published.mailbox}${this.natures.size}`;
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
		const isActivation = this.inUse === undefined;
		this.open();
		this.inUse = this.published;
		const { ledger } = this;
		ledger.deliveries = noteTime(ledger.deliveries, this.now, this.rules);
		this.forgetWhatWasAwayForLong(ledger);
		const begun = beginListing(ledger.deliveries);
		ledger.deliveries = begun.deliveries;
		const snapshot = this.inbox.filter((id) => this.passes(id));
		const messageIds = complete ? snapshot : snapshot.slice(0, Math.ceil(snapshot.length / 2));
		const unfiltered = !this.published.isFiltered;
		meanwhile();
		if (this.inUse === undefined) return; // a person has published a change: n8n stops this poll
		ledger.deliveries = noteListing(ledger.deliveries, { number: begun.number, messageIds, complete, unfiltered });
		this.acknowledgeOwed(ledger);
		this.takeReports();
		this.handOverAll();
		for (const id of messageIds) this.away.delete(id);
		if (isActivation) this.save();
		this.check();
	}

	handOverAll(): void {
		if (this.inUse === undefined) return;
		const { ledger, process } = this;
		for (;;) {
			const next = handOver(ledger.deliveries, this.now, this.rules);
			if (next.batch.length === 0) return;
			ledger.deliveries = next.deliveries;
			this.save(); // before the hand-over
			for (const message of next.batch) this.noteHandOver(message);
			this.running.push({ batch: next.batch, startedAt: this.now, ledger, process });
			this.check();
		}
	}

	/** One execution ends as its messages deserve; with `forced`, in another way. */
	finish(index: number, forced?: Outcome): void {
		const [execution] = this.running.splice(index, 1);
		if (execution === undefined) return;
		const { batch, ledger } = execution;
		const fails = batch.some(
			({ messageId, attempt }) => this.natures.get(messageId) === 'poison' || (this.natures.get(messageId) === 'moody' && attempt === 1),
		);
		const outcome = forced ?? (fails ? { kind: 'failed', reason: { kind: 'failed', node: 'Set' } } : { kind: 'delivered' });
		if (outcome.kind === 'delivered') for (const { messageId } of batch) this.succeeded.add(messageId);
		if (execution.process !== this.process) return; // nobody hears of it
		for (const { messageId, attempt } of batch) {
			const delivery = ledger.deliveries.entries.get(messageId);
			// Not if it was given up as overdue before: then the attempt counts.
			if (outcome.kind === 'notStarted' && delivery?.state === 'inFlight' && delivery.attempts === attempt) this.takeBack(messageId);
		}
		ledger.deliveries = noteEnd(ledger.deliveries, batch, outcome, this.now, this.rules);
		this.acknowledgeOwed(ledger);
		this.takeReports();
		this.check();
	}

	/** The workflow is published with another filter, credential or mailbox. */
	publish(change: Partial<Published>): void {
		this.published = { ...this.published, ...change };
		this.inUse = undefined;
		for (const id of this.handOvers.keys()) if (!this.away.has(id)) this.away.set(id, this.now);
	}

	/** The trigger may forget what it could not see for five days: should that come back, it comes anew. */
	private forgetWhatWasAwayForLong({ deliveries }: Ledger): void {
		this.noteWhatMayBeForgotten();
		for (const id of this.forgettable) {
			if (!id.startsWith(this.published.mailbox) || deliveries.entries.has(id)) continue;
			for (const book of [this.away, this.handOvers, this.rounds, this.forgettable]) book.delete(id);
		}
	}

	private noteWhatMayBeForgotten(): void {
		for (const [id, since] of this.away) if (this.now - since >= FIVE_DAYS_MS) this.forgettable.add(id);
	}

	private passes(id: string): boolean {
		return id.startsWith(this.published.mailbox) && (!this.published.isFiltered || Number(id.slice(1)) % 2 === 0);
	}

	/** The process is killed: only the checkpoint of the last hand-over or activation is left. */
	crash(clockJumpMs = 0): void {
		this.now += clockJumpMs;
		this.noteWhatMayBeForgotten(); // a clock that is wrong may say so
		for (const [id, since] of this.away) this.away.set(id, Math.min(since, this.now));
		const lines = this.savedLines();
		for (const { id, state, detail } of lines) {
			// What was in flight and not suspected before is not charged with the stop, but where there is one attempt only.
			if (state === 'running' && detail === '-' && this.rules.deliveryAttempts > 1)
				this.rounds.set(id, Math.max(0, (this.rounds.get(id) ?? 1) - 1));
		}
		if (!this.isQueueMode) this.running = [];
		else if (clockJumpMs !== 0) throw new Error('What runs on would not know when it began');
		this.process++;
		this.inUse = undefined;
		this.sure.clear();
		this.session = { former: new Map() };
		this.staticData = JSON.parse(this.saved) as IDataObject;
		this.open();
		for (const id of this.takenBack) {
			// the checkpoint may still count what never began: too many is safe
			const line = lines.find((one) => one.id === id);
			this.handOvers.set(id, line?.attempts ?? 0);
			this.rounds.set(id, Math.max(0, (line?.round ?? 0) - (line?.state === 'running' && line.detail === '-' ? 1 : 0)));
		}
		this.check();
	}

	private savedLines(): Array<{ state: string; attempts: number; round: number; detail: string; id: string }> {
		const { ledger, former = [] } = JSON.parse(this.saved) as { ledger?: { messages: string[] }; former?: Array<{ messages: string[] }> };
		return [ledger, ...former]
			.flatMap((one) => one?.messages ?? [])
			.map((text) => {
				const [state = '', attempts, round, detail = '', id = ''] = text.split(' ');
				return { state, attempts: Number(attempts), round: Number(round), detail, id };
			});
	}

	activate(): void {
		this.rounds.clear();
		this.ledger.deliveries = release(this.ledger.deliveries, this.now);
		this.check();
	}

	private noteHandOver({ messageId, attempt }: HandOver): void {
		if (!this.passes(messageId)) throw new Error(`${messageId} handed over although the mailbox or the filter in use does not have it`);
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
		if (round > this.rules.deliveryAttempts && !this.isQueueMode)
			throw new Error(`${messageId}: hand-over ${round} of ${this.rules.deliveryAttempts}`);
		this.rounds.set(messageId, round);
		this.handOvers.set(messageId, attempt);
	}

	private takeBack(messageId: string): void {
		this.takenBack.add(messageId);
		this.handOvers.set(messageId, (this.handOvers.get(messageId) ?? 1) - 1);
		this.rounds.set(messageId, Math.max(0, (this.rounds.get(messageId) ?? 1) - 1));
	}

	private acknowledgeOwed(ledger: Ledger): void {
		for (const id of toAcknowledge(ledger.deliveries)) {
			if (!this.succeeded.has(id)) throw new Error(`${id} acknowledged before success`);
			this.sure.add(id);
			if (this.acknowledgementsFail) {
				ledger.deliveries = noteRefusal(ledger.deliveries, id);
				continue;
			}
			this.acknowledged.add(id);
			const inbox = this.inboxes[id.startsWith('A') ? 'A' : 'B'];
			if (inbox.includes(id)) inbox.splice(inbox.indexOf(id), 1);
			ledger.deliveries = noteAcknowledged(ledger.deliveries, id);
		}
	}

	private takeReports(): void {
		const taken = takeReports(this.ledger.deliveries);
		this.ledger.deliveries = taken.deliveries;
		this.reports.push(...taken.parked.map(({ messageId }) => messageId));
	}

	private check(): void {
		for (const { deliveries } of [this.ledger, ...this.session.former.values()]) {
			if (inFlightCount(deliveries) > this.rules.maximumInFlight) throw new Error(`${inFlightCount(deliveries)} in flight`);
			for (const [id, { state }] of deliveries.entries) {
				if (state === 'delivered' && !this.succeeded.has(id)) throw new Error(`${id} counts as delivered`);
			}
			for (const id of deliveries.hidden.keys()) if (!deliveries.entries.has(id)) throw new Error(`${id} is hidden and not remembered`);
		}
	}
}

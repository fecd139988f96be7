import type { Deliveries } from './deliveries';

/** The deliveries of one trigger node and mailbox, shared by its polls and by the ends of the executions they started. */
export interface Ledger {
	readonly mailboxId: string;
	deliveries: Deliveries;
	/** Acknowledgements under way: none is sent twice at once. */
	readonly acknowledging: Set<string>;
	/** Why nothing more should be handed over in this poll: MESH does not take acknowledgements, or n8n starts nothing. */
	trouble?: Trouble;
	/** Resolves at the next `touch`. */
	changed(): Promise<void>;
	/** Tells whoever waits that something has changed. */
	touch(): void;
}

export type Trouble = { kind: 'acknowledgement'; error: unknown } | { kind: 'notStarted' };

export function newLedger(mailboxId: string, deliveries: Deliveries): Ledger {
	let waiting: Array<() => void> = [];
	return {
		mailboxId,
		deliveries,
		acknowledging: new Set(),
		changed: async () => await new Promise<void>((resolve) => { waiting.push(resolve); }),
		touch() {
			const woken = waiting;
			waiting = [];
			for (const wake of woken) wake();
		},
	};
}

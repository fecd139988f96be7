import type { MessageFacts, TrackingRecord } from '../tracking';

/** A record that tracking has under a local ID. */
export interface FoundRecord {
	record: TrackingRecord;
	/** What it says of the message itself. */
	facts: MessageFacts;
}

/** A send as others of this process have to know it: two with one local ID can be taken for each other. */
export interface Claimant {
	/** The same for every try of one send. */
	readonly sendId: string;
	/** Server and mailbox. */
	readonly mailbox: string;
	readonly localId: string;
	/** Whether a record of tracking could be of this send, by what the record says of the message. */
	couldBe(found: FoundRecord): boolean;
}

const MAX_KNOWN_MESSAGES = 50_000;
const MAX_OPEN_SENDS = 10_000;

/**
 * Which message of MESH belongs to which send of this process, and which sends may have made a message that nobody has told
 * them of. A local ID does not tell messages apart, as some services prescribe one value for all of them.
 */
class Claims {
	/** The send that each message is of, oldest first. */
	readonly #owners = new Map<string, string>();
	/** Under way, or ended in doubt, oldest first. */
	readonly #open = new Map<string, Claimant>();

	/** From now on, any record under its local ID may be of this send. */
	open(send: Claimant): void {
		this.#open.delete(send.sendId);
		this.#open.set(send.sendId, send);
		dropOldest(this.#open, MAX_OPEN_SENDS);
	}

	/** MESH has made no message of it. */
	withdraw({ sendId }: Claimant): void {
		this.#open.delete(sendId);
	}

	/** The message is of this send, so that it is of no other. False where it is another's already. */
	take({ sendId, mailbox }: Claimant, messageId: string): boolean {
		const key = `${mailbox} ${messageId}`;
		const owner = this.#owners.get(key);
		if (owner !== undefined && owner !== sendId) return false;
		this.#owners.delete(key);
		this.#owners.set(key, sendId);
		dropOldest(this.#owners, MAX_KNOWN_MESSAGES);
		this.#open.delete(sendId);
		return true;
	}

	/** As a new process begins; for tests. */
	clear(): void {
		this.#owners.clear();
		this.#open.clear();
	}

	/** Whether the message is known to be of another send. */
	isOfAnother({ sendId, mailbox }: Claimant, messageId: string): boolean {
		const owner = this.#owners.get(`${mailbox} ${messageId}`);
		return owner !== undefined && owner !== sendId;
	}

	/** Whether the record could as well be of another send, of which it is not known what became. */
	hasRival({ sendId, mailbox, localId }: Claimant, found: FoundRecord): boolean {
		for (const other of this.#open.values()) {
			if (other.sendId === sendId || other.localId !== localId || other.mailbox !== mailbox) continue;
			if (other.couldBe(found)) return true;
		}
		return false;
	}
}

function dropOldest(map: Map<string, unknown>, most: number): void {
	for (const key of map.keys()) {
		if (map.size <= most) return;
		map.delete(key);
	}
}

/** One for the process: nodes, executions and credentials of one mailbox share what is known. */
export const claims = new Claims();

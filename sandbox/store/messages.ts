import type { StatusEvent } from '../contract/messages';
import type { Journal } from './journal';
import { lastEvent, type StoredMessage } from './storedMessage';

/** All messages in memory, indexed by what the API asks for. Every change goes through save() or remove(). */
export class Messages {
	private readonly byId = new Map<string, StoredMessage>();
	private readonly inboxes = new Map<string, Map<string, StoredMessage>>();
	private readonly byLocalId = new Map<string, Set<string>>();
	private lastSequence = 0;
	private changes = 0;

	constructor(private readonly journal: Journal) {}

	/** Takes over what the journal remembered. */
	restore(messages: Iterable<StoredMessage>): void {
		const inOrder = [...messages];
		for (const message of inOrder) this.byId.set(message.id, message);
		// Inboxes go by acceptance, everything else by creation, which is the order of the journal.
		inOrder.sort((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0));
		for (const message of inOrder) {
			this.lastSequence = Math.max(this.lastSequence, message.sequence ?? 0);
			this.index(message);
		}
	}

	/** Grows with every change. */
	get revision(): number {
		return this.changes;
	}

	get(id: string): StoredMessage | undefined {
		return this.byId.get(id);
	}

	all(): IterableIterator<StoredMessage> {
		return this.byId.values();
	}

	/** Waiting in a mailbox, oldest acceptance first, delivered or not. */
	waiting(mailboxId: string): Iterable<StoredMessage> {
		return this.inboxes.get(mailboxId)?.values() ?? [];
	}

	waitingCount(mailboxId: string): number {
		return this.inboxes.get(mailboxId)?.size ?? 0;
	}

	/** Messages of one sender that carry a local ID. */
	withLocalId(sender: string, localId: string): StoredMessage[] {
		const ids = this.byLocalId.get(localIdKey(sender, localId)) ?? [];
		return [...ids].flatMap((id) => this.byId.get(id) ?? []);
	}

	/** Records a new message or changes to a known one. */
	save(message: StoredMessage): void {
		this.changes++;
		this.index(message);
		this.journal.message(message);
	}

	/** Records one more chunk of a message that is being uploaded. */
	saveChunk(message: StoredMessage, chunk: number, bytes: number): void {
		this.changes++;
		message.chunkBytes[chunk] = bytes;
		this.journal.chunk(message.id, chunk, bytes);
	}

	/** Adds to a message's history; entering `accepted` puts it at the end of its inbox. */
	record(message: StoredMessage, event: StatusEvent): void {
		message.status = event.status;
		message.history.push(event);
		if (event.status === 'accepted') {
			message.sequence = ++this.lastSequence;
			this.inboxes.get(message.to)?.delete(message.id);
		}
		if (event.status === 'acknowledged') message.acknowledgedAt = event.at;
		this.save(message);
	}

	remove(message: StoredMessage): void {
		this.changes++;
		this.byId.delete(message.id);
		this.inboxes.get(message.to)?.delete(message.id);
		if (message.localId) {
			const key = localIdKey(message.from, message.localId);
			const ids = this.byLocalId.get(key);
			ids?.delete(message.id);
			if (ids?.size === 0) this.byLocalId.delete(key);
		}
		this.journal.deleted(message.id);
	}

	private index(message: StoredMessage): void {
		this.byId.set(message.id, message);
		if (lastEvent(message).status === 'accepted') {
			const inbox = this.inboxes.get(message.to) ?? new Map<string, StoredMessage>();
			this.inboxes.set(message.to, inbox.set(message.id, message));
		} else {
			this.inboxes.get(message.to)?.delete(message.id);
		}
		if (message.localId && message.type === 'DATA') {
			const key = localIdKey(message.from, message.localId);
			this.byLocalId.set(key, (this.byLocalId.get(key) ?? new Set<string>()).add(message.id));
		}
	}
}

const localIdKey = (sender: string, localId: string) => JSON.stringify([sender, localId]);

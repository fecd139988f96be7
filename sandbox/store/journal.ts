import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { MailboxSettings } from '../contract/sandbox';
import type { StoredMessage } from './storedMessage';

/** What the journal remembers, one JSON text per line; for the same key the last line counts. */
type Entry =
	| { kind: 'message'; message: StoredMessage }
	| { kind: 'chunk'; id: string; chunk: number; bytes: number }
	| { kind: 'deleted'; id: string }
	| { kind: 'mailbox'; mailbox: MailboxSettings }
	| { kind: 'handshake'; mailboxId: string; at: number }
	| { kind: 'clock'; offsetMs: number }
	| { kind: 'switches'; changes: Record<string, unknown> };

/** The state that a journal adds up to. */
interface JournalState {
	messages: Map<string, StoredMessage>;
	mailboxes: Map<string, MailboxSettings>;
	/** Sandbox time of each mailbox's last handshake. */
	handshakes: Map<string, number>;
	clockOffsetMs: number;
	/** Switches that were changed while a sandbox ran, as they were given. */
	switches: Record<string, unknown>;
}

const nothing = (): JournalState => ({ messages: new Map(), mailboxes: new Map(), handshakes: new Map(), clockOffsetMs: 0, switches: {} });

/**
 * Metadata on disk: a file that is only ever appended to and is rewritten in short when it is opened.
 * Lines are written before the request that caused them is answered, so killing the process loses nothing that was answered.
 * Nothing is flushed to the disk itself: what the system had not written yet is lost when the machine goes down.
 */
export class Journal {
	private descriptor?: number;
	private state = nothing();

	/** `folder` undefined: remembers nothing. */
	constructor(private readonly folder?: string) {}

	open(): JournalState {
		if (this.folder === undefined) return this.state;
		const file = join(this.folder, 'journal.jsonl');
		if (existsSync(file)) for (const line of lines(readFileSync(file))) this.replay(line);
		writeFileSync(`${file}.new`, this.shortened(), { mode: 0o600 });
		renameSync(`${file}.new`, file);
		this.descriptor = openSync(file, 'a', 0o600);
		const state = this.state;
		this.state = nothing();
		return state;
	}

	message(message: StoredMessage): void {
		this.append({ kind: 'message', message });
	}

	/** One more chunk of a message already written: the whole of it once more would make the journal grow with the square of its chunks. */
	chunk(id: string, chunk: number, bytes: number): void {
		this.append({ kind: 'chunk', id, chunk, bytes });
	}

	deleted(id: string): void {
		this.append({ kind: 'deleted', id });
	}

	mailbox(mailbox: MailboxSettings): void {
		this.append({ kind: 'mailbox', mailbox });
	}

	handshake(mailboxId: string, at: number): void {
		this.append({ kind: 'handshake', mailboxId, at });
	}

	clock(offsetMs: number): void {
		this.append({ kind: 'clock', offsetMs });
	}

	switches(changes: Record<string, unknown>): void {
		this.append({ kind: 'switches', changes });
	}

	close(): void {
		if (this.descriptor !== undefined) closeSync(this.descriptor);
		this.descriptor = undefined;
	}

	private append(entry: Entry): void {
		if (this.descriptor !== undefined) writeSync(this.descriptor, `${JSON.stringify(entry)}\n`);
	}

	/** A line cut short by a crash is the last one and is ignored: its request was never answered. */
	private replay(line: string): void {
		let entry: Entry;
		try {
			entry = JSON.parse(line) as Entry;
		} catch {
			return;
		}
		if (entry.kind === 'message') this.state.messages.set(entry.message.id, entry.message);
		else if (entry.kind === 'chunk') this.replayChunk(entry.id, entry.chunk, entry.bytes);
		else if (entry.kind === 'deleted') this.state.messages.delete(entry.id);
		else if (entry.kind === 'mailbox') this.state.mailboxes.set(entry.mailbox.mailboxId, entry.mailbox);
		else if (entry.kind === 'handshake') this.state.handshakes.set(entry.mailboxId, entry.at);
		else if (entry.kind === 'clock') this.state.clockOffsetMs = entry.offsetMs;
		else if (entry.kind === 'switches') Object.assign(this.state.switches, entry.changes);
	}

	private replayChunk(id: string, chunk: number, bytes: number): void {
		const message = this.state.messages.get(id);
		if (message) message.chunkBytes[chunk] = bytes;
	}

	private shortened(): string {
		const entries: Entry[] = [
			{ kind: 'clock', offsetMs: this.state.clockOffsetMs },
			{ kind: 'switches', changes: this.state.switches },
			...[...this.state.mailboxes.values()].map((mailbox): Entry => ({ kind: 'mailbox', mailbox })),
			...[...this.state.handshakes].map(([mailboxId, at]): Entry => ({ kind: 'handshake', mailboxId, at })),
			...[...this.state.messages.values()].map((message): Entry => ({ kind: 'message', message })),
		];
		return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
	}
}

/** The file as one text might be longer than a text can be. */
function* lines(content: Buffer): Generator<string> {
	for (let start = 0, end = 0; start < content.length; start = end + 1) {
		end = content.indexOf('\n', start);
		if (end < 0) end = content.length;
		yield content.toString('utf8', start, end);
	}
}

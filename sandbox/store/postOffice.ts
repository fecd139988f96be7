import { randomBytes } from 'node:crypto';
import type { MovableClock } from '../clock';
import type { Behaviour } from '../contract/behaviour';
import type { StatusEvent } from '../contract/messages';
import { REPORT_TEXTS } from '../errors/catalogue';
import { compactTime } from '../views/times';
import type { Bodies } from './bodies';
import { DueQueue } from './dueQueue';
import type { Mailboxes } from './mailboxes';
import type { Messages } from './messages';
import type { Failure, MessageMetadata, StoredMessage } from './storedMessage';

const DAY_MS = 24 * 60 * 60 * 1000;
const DEACTIVATED: Failure = { ...REPORT_TEXTS.mailboxDeactivated, text: REPORT_TEXTS.mailboxDeactivated.text() };

/** What a report is about. */
interface ReportSubject {
	to: string;
	failure: Failure;
	linkedMessageId?: string;
	failedReceiver?: string;
	workflowId: string;
	localId?: string;
	subject?: string;
	fileName?: string;
}

/** The life of messages: created, accepted, acknowledged, or failed with a report, expired, deleted. */
export class PostOffice {
	private readonly ids = new MessageIds();
	/** What waits in an inbox, by delivery. */
	private readonly expiring = new DueQueue<StoredMessage>();
	/** Everything, by delivery, or by creation for what was never delivered. */
	private readonly deleting = new DueQueue<StoredMessage>();

	constructor(
		readonly messages: Messages,
		readonly bodies: Bodies,
		private readonly mailboxes: Mailboxes,
		private readonly clock: MovableClock,
		private readonly behaviour: Behaviour,
	) {}

	/** Takes up what a former run left. */
	resume(): void {
		for (const message of this.messages.all()) this.enqueue(message);
	}

	/** The clock was set back: deliveries that would now lie in the future count from now, and those still to come keep their delay. */
	turnBack(former: number): void {
		const now = this.clock.now();
		this.ids.restart();
		for (const message of this.messages.all()) {
			if (message.deliverAt === undefined || message.deliverAt <= now) continue;
			message.deliverAt = now + Math.max(0, message.deliverAt - former);
			this.messages.save(message);
			this.enqueue(message);
		}
	}

	newId(): string {
		return this.ids.next(this.behaviour.messageIds, this.clock.now());
	}

	/** A message without content yet, status `uploading`. */
	create(metadata: MessageMetadata, id = this.newId()): StoredMessage {
		const at = this.clock.now();
		const message: StoredMessage = {
			...metadata,
			id,
			type: 'DATA',
			status: 'uploading',
			chunkBytes: {},
			createdAt: at,
			history: [{ status: 'uploading', at }],
		};
		this.messages.save(message);
		this.enqueue(message);
		return message;
	}

	/** All content is there: into the recipient's inbox, or a report to the sender. */
	accept(message: StoredMessage): void {
		if (message.pendingFailure) {
			this.fail(message, message.pendingFailure);
		} else if (this.isDeactivated(message.to)) {
			this.fail(message, DEACTIVATED, 'undeliverable');
		} else {
			this.deliver(message, this.behaviour.deliveryDelayMs);
		}
	}

	/** Ends a message in a failure that its sender is told of by a report. */
	fail(message: StoredMessage, failure: Failure, status: 'error' | 'undeliverable' = 'error'): void {
		const at = this.clock.now();
		this.expiring.delete(message);
		const report = this.report({
			to: message.from,
			failure,
			linkedMessageId: message.id,
			failedReceiver: message.to,
			workflowId: message.workflowId,
			localId: message.localId,
			subject: message.subject,
		});
		const { event, code, text: description } = failure;
		this.messages.record(message, { status, at, event, code, description, linkedMessageId: report.id });
	}

	/** Puts a non-delivery report into a mailbox. */
	report(about: ReportSubject, delayMs = this.behaviour.deliveryDelayMs): StoredMessage {
		const { failure, ...metadata } = about;
		const report: StoredMessage = {
			...metadata,
			id: this.newId(),
			type: 'REPORT',
			from: '',
			status: 'accepted',
			encrypted: false,
			compressed: false,
			gzip: false,
			totalChunks: 0,
			chunkBytes: {},
			createdAt: this.clock.now(),
			history: [],
		};
		const { event, code, text: description } = failure;
		this.deliver(report, delayMs, { event, code, description, linkedMessageId: about.linkedMessageId });
		return report;
	}

	acknowledge(message: StoredMessage): void {
		this.expiring.delete(message);
		this.messages.record(message, { status: 'acknowledged', at: this.clock.now() });
	}

	/** A step added by hand; `accepted` puts the message back into the inbox. */
	addEvent(message: StoredMessage, event: Omit<StatusEvent, 'at'>): void {
		this.expiring.delete(message);
		if (event.status === 'accepted') this.deliver(message, 0, event);
		else this.messages.record(message, { ...event, at: this.clock.now() });
	}

	isDelivered(message: StoredMessage): boolean {
		return message.status === 'accepted' && (message.deliverAt ?? 0) <= this.clock.now();
	}

	expiresAt(message: StoredMessage): number {
		return keptSince(message) + this.behaviour.expireAfterMs;
	}

	/** Carries out the expiries and deletions that have fallen due. */
	sweep(): void {
		const now = this.clock.now();
		const { expireAfterMs, deleteAfterMs } = this.behaviour;
		for (let due; (due = this.expiring.takeDue(now - expireAfterMs)); ) this.expire(due);
		for (let due; (due = this.deleting.takeDue(now - deleteAfterMs)); ) this.forget(due);
	}

	/** Removes a message and its content for good. */
	forget(message: StoredMessage): void {
		this.expiring.delete(message);
		this.deleting.delete(message);
		this.messages.remove(message);
		// Nothing refers to the files any more: whether the removal succeeds is of no consequence to any caller.
		this.bodies.remove(message.id).catch(() => undefined);
	}

	private isDeactivated(mailboxId: string): boolean {
		return this.mailboxes.get(mailboxId)?.active === false;
	}

	private expire(message: StoredMessage): void {
		if (message.type === 'REPORT') {
			this.messages.record(message, { status: 'undeliverable', at: this.clock.now() });
			return;
		}
		if (this.isDeactivated(message.to)) return this.fail(message, DEACTIVATED, 'undeliverable');
		const { event, code, text } = REPORT_TEXTS.notCollected;
		const days = Math.max(1, Math.round(this.behaviour.expireAfterMs / DAY_MS));
		this.fail(message, { event, code, text: text(days) }, 'undeliverable');
	}

	private deliver(message: StoredMessage, delayMs: number, details: Partial<StatusEvent> = {}): void {
		const at = this.clock.now();
		message.acceptedAt = at;
		message.deliverAt = at + delayMs;
		this.messages.record(message, { ...details, status: 'accepted', at });
		this.enqueue(message);
	}

	private enqueue(message: StoredMessage): void {
		this.deleting.set(message, keptSince(message));
		if (message.status === 'accepted') this.expiring.set(message, keptSince(message));
	}
}

/** What the days until expiry and deletion are counted from. */
const keptSince = (message: StoredMessage) => message.deliverAt ?? message.createdAt;

/** Makes message IDs in the service's form (`yyyyMMddHHmmssffffff_XXXXXX`) or the NHS sandbox's (32 hexadecimal capitals). */
class MessageIds {
	private lastMicroseconds = 0;

	/** IDs begin again at the time that is then given: for a clock that was set back. */
	restart(): void {
		this.lastMicroseconds = 0;
	}

	next(form: 'timestamp' | 'hex', now: number): string {
		if (form === 'hex') return randomBytes(16).toString('hex').toUpperCase();
		// Never twice the same microsecond, so that IDs sort by age however fast they are made.
		this.lastMicroseconds = Math.max(this.lastMicroseconds + 1, Math.floor(now) * 1000);
		const milliseconds = Math.floor(this.lastMicroseconds / 1000);
		const fraction = String(this.lastMicroseconds % 1_000_000).padStart(6, '0');
		return `${compactTime(milliseconds)}${fraction}_${randomBytes(3).toString('hex').toUpperCase()}`;
	}
}

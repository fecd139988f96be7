import type { FaultRule } from '../contract/faults';
import type { MessageStatus, MessageType, MessageView } from '../contract/messages';
import { Validation, refuse } from '../errors/refusals';
import { jsonAnswer } from '../server/answer';
import type { Answer } from '../server/answer';
import type { MeshRequest, Route, SandboxContext } from '../server/context';
import { failureEvent, fileNameOf, storedBytes } from '../store/storedMessage';
import type { StoredMessage } from '../store/storedMessage';
import { messageView } from '../views/message';
import { previewOf } from './preview';

const DEFAULT_LIMIT = 200;
const MAXIMUM_LIMIT = 10_000;
const MAXIMUM_REQUESTS = 1_000;

/** What every view needs. */
export interface PageState {
	/** Where clients reach the API. */
	url: string;
	/** Sandbox time. */
	now: number;
	/** How far the clock was moved. */
	clockOffsetMs: number;
	mailboxes: MailboxSummary[];
	/** Those not spent yet. */
	faults: FaultRule[];
	/** Whether tokens must carry the sandbox's time. */
	checkTimestamp: boolean;
}

/** A message with all that is known of it but its content. */
export interface MessageDetails extends MessageView {
	shownStatus: MessageSummary['shownStatus'];
	reported: MessageSummary['reported'];
	/** Stored size by chunk number. */
	chunkBytes: Record<number, number>;
}

const dataCall = (path: string, handle: (request: MeshRequest) => Answer | Promise<Answer>): Route => ({
	call: 'other',
	methods: ['GET'],
	path: `/data${path}`,
	access: 'loopback',
	handle,
});

/** What the page shows and the admin calls do not have. `url`: where clients reach the API. */
export const dataCalls = (url: string): Route[] => [
	dataCall('/state', ({ context }) => {
		const { clock, faults, behaviour } = context;
		const rules = faults.list().map((rule) => ({ ...rule, path: rule.path?.toString() }));
		const state: PageState = {
			url,
			now: clock.now(),
			clockOffsetMs: clock.offsetMs,
			mailboxes: mailboxSummaries(context),
			faults: rules,
			checkTimestamp: behaviour.checkTimestamp,
		};
		return jsonAnswer(state);
	}),
	dataCall('/mailboxes/:mailbox/:box', ({ context, params, query }) => {
		const { mailbox: mailboxId, box } = params;
		if (!context.mailboxes.get(mailboxId) || !/^(inbox|outbox)$/.test(box)) throw refuse('notFound');
		const validation = new Validation();
		const limit = validation.integer('query', 'limit', query.limit, DEFAULT_LIMIT, 1, MAXIMUM_LIMIT);
		validation.done();
		const messages = [...context.messages.all()].filter((message) => (box === 'inbox' ? message.to : message.from) === mailboxId).reverse();
		return jsonAnswer({ total: messages.length, messages: messages.slice(0, limit).map((message) => messageSummary(context, message)) });
	}),
	dataCall('/requests', ({ context, query }) => {
		const validation = new Validation();
		const before = validation.integer('query', 'before', query.before, Infinity, 1);
		const limit = validation.integer('query', 'limit', query.limit, DEFAULT_LIMIT, 1, MAXIMUM_REQUESTS);
		validation.done();
		return jsonAnswer({ requests: context.log.requests.filter(({ id }) => id < before).slice(-limit) });
	}),
	dataCall('/messages/:messageId', ({ context, params }) => {
		const message = find(context, params.messageId);
		const view = messageView(message, context.office.expiresAt(message), context.behaviour);
		const { shownStatus, reported } = messageSummary(context, message);
		const details: MessageDetails = { ...view, shownStatus, reported, chunkBytes: message.chunkBytes };
		return jsonAnswer(details);
	}),
	dataCall('/messages/:messageId/preview/:chunk', async ({ context, params }) => {
		const message = find(context, params.messageId);
		const chunk = Number(params.chunk);
		if (message.chunkBytes[chunk] === undefined) throw refuse('messageNotFound');
		return jsonAnswer(await previewOf(context, message, chunk));
	}),
];

function find({ messages }: SandboxContext, messageId: string): StoredMessage {
	const message = messages.get(messageId);
	if (!message) throw refuse('messageNotFound');
	return message;
}

/** A mailbox and how full it is. */
export interface MailboxSummary {
	mailboxId: string;
	name: string;
	odsCode: string;
	active: boolean;
	/** Those it receives. */
	workflows: string[];
	/** What a list call shows. */
	waiting: number;
	/** All messages to it that are known, in any status. */
	received: number;
	/** All messages from it that are known, in any status. */
	sent: number;
	lastHandshakeAt?: number;
}

/** All mailboxes; without their passwords. */
function mailboxSummaries({ mailboxes, messages, office }: SandboxContext): MailboxSummary[] {
	const counts = new Map<string, { waiting: number; received: number; sent: number }>();
	const countsOf = (mailboxId: string) => {
		const known = counts.get(mailboxId) ?? { waiting: 0, received: 0, sent: 0 };
		counts.set(mailboxId, known);
		return known;
	};
	for (const message of messages.all()) {
		const recipient = countsOf(message.to);
		recipient.received++;
		if (office.isDelivered(message)) recipient.waiting++;
		countsOf(message.from).sent++;
	}
	return mailboxes.all().map(({ mailboxId, name, odsCode, active, workflows, lastHandshakeAt }) => ({
		mailboxId,
		name,
		odsCode,
		active,
		workflows,
		lastHandshakeAt,
		...countsOf(mailboxId),
	}));
}

/** One line of an inbox or outbox. */
export interface MessageSummary {
	messageId: string;
	type: MessageType;
	status: MessageStatus;
	/** `delayed`: accepted, but not in the inbox yet. */
	shownStatus: MessageStatus | 'delayed';
	/** Empty on a report. */
	from: string;
	to: string;
	workflowId: string;
	subject?: string;
	fileName: string;
	/** As stored. */
	bytes: number;
	/** Declared, 0 on a report. */
	chunkCount: number;
	/** Chunks that have arrived. */
	chunksReceived: number;
	/** Why it failed, or what the report says. */
	reason?: string;
	/** Whether its sender got a report about its failure. */
	reported: boolean;
	createdAt: number;
}

function messageSummary({ office }: SandboxContext, message: StoredMessage): MessageSummary {
	const failure = failureEvent(message);
	return {
		messageId: message.id,
		type: message.type,
		status: message.status,
		shownStatus: message.status === 'accepted' && !office.isDelivered(message) ? 'delayed' : message.status,
		from: message.from,
		to: message.to,
		workflowId: message.workflowId,
		subject: message.subject,
		fileName: fileNameOf(message),
		bytes: storedBytes(message),
		chunkCount: message.totalChunks,
		chunksReceived: Object.keys(message.chunkBytes).length,
		reason: failure && [failure.code, failure.description].filter(Boolean).join(': '),
		reported: message.type === 'DATA' && failure?.linkedMessageId !== undefined,
		createdAt: message.createdAt,
	};
}

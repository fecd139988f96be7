import { refuse } from '../errors/refusals';
import { Validation } from '../errors/validation';
import { jsonAnswer, type Answer } from '../server/answer';
import type { MeshRequest, Route, SandboxContext } from '../server/context';
import type { FaultRule } from '../contract/faults';
import type { MessageView } from '../contract/messages';
import type { StoredMessage } from '../store/storedMessage';
import { messageView } from '../views/messageView';
import { mailboxSummaries, type MailboxSummary } from './mailboxSummaries';
import { messageSummary, type MessageSummary } from './messageSummary';
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
		const state: PageState = { url, now: clock.now(), clockOffsetMs: clock.offsetMs, mailboxes: mailboxSummaries(context), faults: rules, checkTimestamp: behaviour.checkTimestamp };
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

import { Validation } from '../errors/refusals';
import { jsonAnswer } from '../server/answer';
import type { MeshRequest, Route } from '../server/context';
import { failureEvent, type StoredMessage } from '../store/storedMessage';
import { contentTypeOf } from '../server/version';
import { continuationToken, readContinuation } from '../views/continuation';
import { isoTime } from '../views/times';

const DEFAULT_RESULTS = 100;
const DEFAULT_PERIOD_MS = 30 * 24 * 60 * 60 * 1000;

/** Rich views of the NHS sandbox: everything of the last 30 days, newest first, acknowledged included. */
export const richViews: Route[] = [richView('inbox', 1, 2000), richView('outbox', 10, 5000)];

function richView(box: 'inbox' | 'outbox', minimum: number, maximum: number): Route {
	return {
		call: 'other',
		methods: ['GET'],
		path: `/messageexchange/:mailbox/${box}/rich`,
		access: 'token',
		handle(request) {
			const { context, mailbox, query } = request;
			const validation = new Validation();
			const asked = validation.integer('query', 'max_results', query.max_results, DEFAULT_RESULTS, minimum, maximum);
			const since = validation.time('query', 'start_time', query.start_time, context.clock.now() - DEFAULT_PERIOD_MS);
			validation.done();
			const limit = box === 'outbox' ? Math.min(asked, DEFAULT_RESULTS) : asked;
			const before = query.continue_from === undefined ? Infinity : (readContinuation(query.continue_from)?.sequence ?? Infinity);
			const found = [...context.messages.all()]
				.filter((message) => (box === 'inbox' ? message.to : message.from) === mailbox.mailboxId)
				.map((message, index) => ({ message, order: index + 1 }))
				.filter(({ message, order }) => message.createdAt >= since && order < before)
				.reverse();
			const page = found.slice(0, limit);
			const last = found.length > limit ? page[page.length - 1] : undefined;
			const link = (token?: string) => {
				const parameters = { max_results: String(limit), start_time: query.start_time, continue_from: token };
				const text = Object.entries(parameters).flatMap(([name, value]) =>
					value === undefined ? [] : `${name}=${encodeURIComponent(value)}`,
				);
				return `/messageexchange/${mailbox.mailboxId}/${box}/rich?${text.join('&')}`;
			};
			const links = { self: link(query.continue_from), ...(last ? { next: link(continuationToken(last.message.id, last.order)) } : {}) };
			const body = { valid_at: isoTime(context.clock.now()), messages: page.map(({ message }) => richEntry(request, message)), links };
			return jsonAnswer(body, 200, contentTypeOf(2));
		},
	};
}

function richEntry({ context }: MeshRequest, message: StoredMessage): Record<string, unknown> {
	return {
		message_id: message.id,
		expiry_timestamp: isoTime(context.office.expiresAt(message)),
		local_id: message.localId ?? (context.behaviour.answers === 'nhsSandbox' ? '' : undefined),
		message_type: message.type,
		recipient: message.to,
		recipient_name: context.mailboxes.get(message.to)?.name ?? '',
		sender: message.from,
		sender_name: context.mailboxes.get(message.from)?.name ?? '',
		sent_date: isoTime(message.createdAt),
		status: message.status,
		status_code: failureEvent(message)?.code ?? '00',
		workflow_id: message.workflowId,
		total_chunks: message.totalChunks,
	};
}

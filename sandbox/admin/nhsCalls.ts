import type { MessageStatus } from '../contract/messages';
import { Validation, refuse } from '../errors/refusals';
import { emptyAnswer, jsonAnswer } from '../server/answer';
import type { SandboxContext } from '../server/context';
import { putReport } from '../server/interventions';
import type { Mailbox } from '../store/mailboxes';
import { messageView } from '../views/message';
import { isoTime } from '../views/times';
import { adminRoute, bodyProblem, readJson } from './adminRoute';

/** Forgets all messages, or those of one mailbox (as in the NHS sandbox). */
export const resets = [
	adminRoute('DELETE', '/reset', async ({ context }) => {
		await context.reset();
		return emptyAnswer();
	}),
	adminRoute('DELETE', '/reset/:mailbox', async ({ context, params }) => {
		if (!context.mailboxes.get(params.mailbox)) throw refuse('notFound');
		await context.reset(params.mailbox);
		return emptyAnswer();
	}),
];

const REPORT_STATUSES = ['error', 'undeliverable'];

/**
 * Puts a report into a mailbox, as in the NHS sandbox. That leaves out what went wrong unless `status` is `error`, which makes
 * it no report that MESH would send: so only where it is followed in its answers.
 */
export const putReportCall = adminRoute('POST', '/report', async (request) => {
	const fields = await readJson(request);
	const to = fields.text('mailbox_id').toUpperCase();
	if (!request.context.mailboxes.get(to)) throw refuse('notFound');
	const status = fields.optionalText('status') ?? 'undeliverable';
	if (!REPORT_STATUSES.includes(status)) throw bodyProblem('status', `Input should be ${REPORT_STATUSES.join(' or ')}`);
	const isBare = status !== 'error' && request.context.behaviour.answers === 'nhsSandbox';
	const [code, description] = [fields.text('code'), fields.text('description')];
	const messageId = putReport(request.context, {
		to,
		...(isBare ? { event: '', code: '', description: '' } : { event: fields.optionalText('event'), code, description }),
		workflowId: fields.text('workflow_id'),
		subject: fields.optionalText('subject'),
		localId: fields.optionalText('local_id'),
		fileName: fields.optionalText('file_name'),
		linkedMessageId: isBare ? undefined : fields.optionalText('linked_message_id'),
	});
	return jsonAnswer({ message_id: messageId });
});

const MESSAGE_STATUSES: MessageStatus[] = ['uploading', 'accepted', 'acknowledged', 'undeliverable', 'error'];

/** Adds a status to a message (as in the NHS sandbox); `accepted` puts it back into the inbox. */
export const addEvent = adminRoute('POST', '/message/:messageId/event', async (request) => {
	const { context, params } = request;
	const fields = await readJson(request);
	const status = MESSAGE_STATUSES.find((each) => each === fields.text('status').toLowerCase());
	if (!status) throw bodyProblem('status', `Input should be one of ${MESSAGE_STATUSES.join(', ')}`);
	const message = context.messages.get(params.messageId);
	if (!message) throw refuse('notFound');
	context.office.addEvent(message, {
		status,
		code: fields.optionalText('code'),
		event: fields.optionalText('event'),
		description: fields.optionalText('description'),
		linkedMessageId: fields.optionalText('linked_message_id'),
	});
	return emptyAnswer();
});

/** Details of mailboxes and messages, and the request log. Passwords stay out of all of them. */
export const inspections = [
	adminRoute('GET', '/mailboxes', ({ context }) => jsonAnswer({ mailboxes: context.mailboxes.all().map((mailbox) => mailboxDetails(context, mailbox)) })),
	adminRoute('GET', '/mailbox/:mailbox', ({ context, params }) => {
		const mailbox = context.mailboxes.get(params.mailbox);
		if (!mailbox) throw refuse('notFound');
		return jsonAnswer(mailboxDetails(context, mailbox));
	}),
	adminRoute('GET', '/message/:messageId', ({ context, params }) => {
		const message = context.messages.get(params.messageId);
		if (!message) throw refuse('notFound');
		return jsonAnswer(messageView(message, context.office.expiresAt(message), context.behaviour));
	}),
	adminRoute('GET', '/requests', ({ context, query }) => {
		const validation = new Validation();
		const after = validation.integer('query', 'after', query.after, 0, 0);
		validation.done();
		return jsonAnswer({ requests: context.log.requests.filter(({ id }) => id > after) });
	}),
];

function mailboxDetails({ messages, office }: SandboxContext, mailbox: Mailbox): Record<string, unknown> {
	const { mailboxId, name, odsCode, orgCode, orgName, active, workflows, sends, lastHandshakeAt } = mailbox;
	return {
		mailbox_id: mailboxId,
		mailbox_name: name,
		ods_code: odsCode,
		org_code: orgCode,
		org_name: orgName,
		active,
		workflows,
		sends: sends ?? null,
		inbox_count: [...messages.waiting(mailboxId)].filter((message) => office.isDelivered(message)).length,
		last_handshake: lastHandshakeAt === undefined ? null : isoTime(lastHandshakeAt),
	};
}

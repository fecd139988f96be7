import type { MessageStatus } from '../contract/messages';
import { refuse } from '../errors/refusals';
import { emptyAnswer, jsonAnswer } from '../server/answer';
import type { Route, SandboxContext } from '../server/context';
import { putReport } from '../server/interventions';
import type { Mailbox } from '../store/mailboxes';
import { messageView } from '../views/message';
import { isoTime } from '../views/times';
import { adminRouteAt, bodyProblem, nhsAdminRoutes, readJson, readWorkflowId } from './adminRoute';

/** Forgets everything, or what one mailbox was sent. */
const resets = [
	...nhsAdminRoutes('DELETE', '/reset', async ({ context }) => {
		await context.reset();
		return emptyAnswer();
	}),
	...nhsAdminRoutes('DELETE', '/reset/:mailbox', async ({ context, params }) => {
		if (!context.mailboxes.get(params.mailbox)) throw refuse('notFound');
		await context.reset(params.mailbox);
		return emptyAnswer();
	}),
];

const REPORT_STATUSES = ['error', 'undeliverable'];

/**
 * Puts a report into a mailbox. The NHS sandbox leaves out what went wrong unless `status` is `error`, which makes
 * it no report that MESH would send: so only where it is followed in its answers.
 */
const putReportCall = nhsAdminRoutes('POST', '/report', async (request) => {
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
		workflowId: readWorkflowId(request, fields) ?? fields.text('workflow_id'),
		subject: fields.optionalText('subject'),
		localId: fields.optionalText('local_id'),
		fileName: fields.optionalText('file_name'),
		linkedMessageId: isBare ? undefined : fields.optionalText('linked_message_id'),
	});
	return jsonAnswer({ message_id: messageId });
});

const MESSAGE_STATUSES: MessageStatus[] = ['uploading', 'accepted', 'acknowledged', 'undeliverable', 'error'];

/** Adds a status to a message; `accepted` puts it back into the inbox. */
const addEvent = nhsAdminRoutes('POST', '/message/:messageId/event', async (request) => {
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

const showMailbox: Route['handle'] = ({ context, params }) => {
	const mailbox = context.mailboxes.get(params.mailbox);
	if (!mailbox) throw refuse('notFound');
	return jsonAnswer(mailboxDetails(context, mailbox));
};

/** Details of mailboxes and messages. Passwords stay out of all of them. */
const details = [
	...nhsAdminRoutes('GET', '/mailbox/:mailbox', showMailbox),
	adminRouteAt('GET', '/messageexchange/mailbox/:mailbox', showMailbox),
	...nhsAdminRoutes('GET', '/message/:messageId', ({ context, params }) => {
		const message = context.messages.get(params.messageId);
		if (!message) throw refuse('notFound');
		return jsonAnswer(messageView(message, context.office.expiresAt(message), context.behaviour));
	}),
];

/** What the NHS sandbox can be told too. */
export const nhsCalls: Route[] = [...resets, ...putReportCall, ...addEvent, ...details];

/** A mailbox as admin calls show it. */
export function mailboxDetails({ messages, office }: SandboxContext, mailbox: Mailbox): Record<string, unknown> {
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

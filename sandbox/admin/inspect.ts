import { refuse } from '../errors/refusals';
import { Validation } from '../errors/validation';
import { jsonAnswer } from '../server/answer';
import type { SandboxContext } from '../server/context';
import type { Mailbox } from '../store/mailboxes';
import { messageView } from '../views/messageView';
import { isoTime } from '../views/times';
import { adminRoute } from './adminRoute';

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

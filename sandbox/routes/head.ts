import { refuse } from '../errors/refusals';
import type { Route } from '../server/context';
import { versionForErrors } from '../server/version';
import { downloadContentType, downloadHeaders } from '../views/downloadHeaders';

/** MESH API, message headers: for the recipient, and for the sender in any status; a bad `Accept` is ignored. */
export const head: Route = {
	call: 'head',
	methods: ['HEAD'],
	path: '/messageexchange/:mailbox/inbox/:messageId',
	access: 'token',
	handle(request) {
		const { context, mailbox, params } = request;
		const message = context.messages.get(params.messageId);
		const isRecipient = message?.to === mailbox.mailboxId;
		if (!message || (!isRecipient && message.from !== mailbox.mailboxId)) throw refuse('messageNotFound');
		const isThere = context.office.isDelivered(message) || message.status === 'acknowledged';
		if (!isThere && message.from !== mailbox.mailboxId) throw refuse('messageGone');
		const headers = downloadHeaders(message, 1, message.gzip, context.behaviour);
		if (message.type === 'DATA') headers['content-type'] = downloadContentType(message, versionForErrors(request.header('accept')), context.behaviour);
		return { status: 200, headers };
	},
};

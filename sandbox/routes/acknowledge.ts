import { refuse } from '../errors/refusals';
import { emptyAnswer } from '../server/answer';
import type { Route } from '../server/context';
import { plainJson } from './answers';

/** MESH API, acknowledge message: only for the recipient; repeating it changes nothing. */
export const acknowledge: Route = {
	call: 'acknowledge',
	methods: ['PUT'],
	path: '/messageexchange/:mailbox/inbox/:messageId/status/acknowledged',
	access: 'token',
	handle(request) {
		const { context, mailbox, params } = request;
		const isV1 = request.version() < 2;
		const message = context.messages.get(params.messageId);
		if (!message) throw refuse('messageNotFound');
		if (message.to !== mailbox.mailboxId) throw refuse('forbidden');
		if (context.office.isDelivered(message)) context.office.acknowledge(message);
		return isV1 ? plainJson(request, { messageId: message.id }) : emptyAnswer();
	},
};

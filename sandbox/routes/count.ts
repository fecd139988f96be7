import { randomUUID } from 'node:crypto';
import type { Route } from '../server/context';
import { plainJson } from './answers';

/** MESH API, count messages (deprecated). */
export const count: Route = {
	call: 'count',
	methods: ['GET'],
	path: '/messageexchange/:mailbox/count',
	access: 'token',
	handle(request) {
		const { context, mailbox } = request;
		const waiting = [...context.messages.waiting(mailbox.mailboxId)].filter((message) => context.office.isDelivered(message)).length;
		if (request.version() < 2) return plainJson(request, { count: waiting, internalID: randomUUID(), allResultsIncluded: true });
		return plainJson(request, { count: waiting });
	},
};

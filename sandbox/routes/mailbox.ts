import { randomUUID } from 'node:crypto';
import { Validation, refuse } from '../errors/refusals';
import { emptyAnswer, jsonAnswer } from '../server/answer';
import type { Route } from '../server/context';
import { plainJson } from './answers';

/** MESH API, validate mailbox: by POST as documented, or by GET as its sample has it. */
export const handshake: Route = {
	call: 'handshake',
	methods: ['POST', 'GET'],
	path: '/messageexchange/:mailbox',
	access: 'token',
	handle(request) {
		const validation = new Validation();
		for (const name of ['mex-clientversion', 'mex-osname', 'mex-osversion']) validation.required('header', name, request.header(name));
		validation.done();
		const { mailbox, context } = request;
		const isV1 = request.version() < 2;
		const at = context.clock.now();
		context.mailboxes.recordHandshake(mailbox.mailboxId, at);
		context.journal.handshake(mailbox.mailboxId, at);
		return isV1 ? plainJson(request, { mailboxId: mailbox.mailboxId }) : emptyAnswer();
	},
};

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

const status = () => jsonAnswer({ env: 'sandbox', build_label: 'sandbox', status: 'running', outcome: 'Yes' });

/** Liveness, in the spellings of the NHS sandbox. */
export const pings: Route[] = ['/messageexchange/_ping', '/_ping', '/health', '/healthcheck', '/_status'].map((path) => ({
	call: 'ping',
	methods: ['GET'],
	path,
	access: 'open',
	handle: status,
}));

/** What the Java client tells about itself; kept by nobody. */
export const update: Route = {
	call: 'other',
	methods: ['POST'],
	path: '/messageexchange/:mailbox/update',
	access: 'token',
	handle(request) {
		request.version();
		return emptyAnswer();
	},
};

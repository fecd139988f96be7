import { emptyAnswer } from '../server/answer';
import type { Route } from '../server/context';
import { Validation } from '../errors/validation';
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

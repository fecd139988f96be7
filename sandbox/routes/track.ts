import { Validation, refuse, serverFailure } from '../errors/refusals';
import type { Answer } from '../server/answer';
import { jsonAnswer } from '../server/answer';
import type { MeshRequest, Route } from '../server/context';
import type { StoredMessage } from '../store/storedMessage';
import { trackingV1, trackingV2, type Tracked } from '../views/tracking';
import { vendorJson } from './answers';

/** MESH API, track outbox: what became of a message that this mailbox sent. */
export const track: Route = {
	call: 'track',
	methods: ['GET'],
	path: '/messageexchange/:mailbox/outbox/tracking',
	access: 'token',
	handle(request) {
		const { context, mailbox, query } = request;
		const validation = new Validation();
		validation.required('query', 'messageID', query.messageID);
		validation.length('query', 'messageID', query.messageID, 1, 1000);
		validation.done();
		const version = request.version();
		// The NHS sandbox takes version 3 for 2 everywhere else, and crashes here.
		if (version > 2 && context.behaviour.answers === 'nhsSandbox') throw serverFailure('versionThree');
		const isV1 = version < 2;
		const message = context.messages.get(query.messageID.toUpperCase());
		// Not 403 for the messages of others: whether they exist is nobody else's business.
		if (!message || message.type === 'REPORT' || message.from !== mailbox.mailboxId) throw refuse('notFound');
		return vendorJson(
			request,
			isV1 ? trackingV1(tracked(request, message), context.behaviour) : trackingV2(tracked(request, message), context.behaviour),
		);
	},
};

/** MESH API, track by local ID (deprecated): 300 when several messages carry it; the v1 body in both versions. */
export const trackLocal: Route = {
	call: 'trackLocal',
	methods: ['GET'],
	path: '/messageexchange/:mailbox/outbox/tracking/:localId',
	access: 'token',
	handle(request): Answer {
		const { context, mailbox, params } = request;
		request.version();
		const found = context.messages.withLocalId(mailbox.mailboxId, params.localId);
		if (found.length === 0) throw refuse('notFound');
		if (found.length > 1) throw refuse('multipleChoices');
		return jsonAnswer(trackingV1(tracked(request, found[0]), context.behaviour));
	},
};

function tracked({ context, mailbox }: MeshRequest, message: StoredMessage): Tracked {
	const isDelivered = context.office.isDelivered(message) || message.status === 'acknowledged';
	return {
		message,
		expiresAt: context.office.expiresAt(message),
		isDelivered,
		sender: mailbox,
		recipient: context.mailboxes.get(message.to),
	};
}

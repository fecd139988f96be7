import type { MessageStatus } from '../contract/messages';
import { refuse } from '../errors/refusals';
import { emptyAnswer } from '../server/answer';
import { adminRoute } from './adminRoute';
import { bodyProblem, readJson } from './jsonBody';

const STATUSES: MessageStatus[] = ['uploading', 'accepted', 'acknowledged', 'undeliverable', 'error'];

/** Adds a status to a message (as in the NHS sandbox); `accepted` puts it back into the inbox. */
export const addEvent = adminRoute('POST', '/message/:messageId/event', async (request) => {
	const { context, params } = request;
	const fields = await readJson(request);
	const status = STATUSES.find((each) => each === fields.text('status').toLowerCase());
	if (!status) throw bodyProblem('status', `Input should be one of ${STATUSES.join(', ')}`);
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

import { refuse } from '../errors/refusals';
import { jsonAnswer } from '../server/answer';
import { putReport } from '../server/putters';
import { adminRoute } from './adminRoute';
import { readJson } from './jsonBody';

/** Puts a report into a mailbox (as in the NHS sandbox, but with the error headers whatever `status` is given). */
export const putReportCall = adminRoute('POST', '/report', async (request) => {
	const fields = await readJson(request);
	const to = fields.text('mailbox_id').toUpperCase();
	if (!request.context.mailboxes.get(to)) throw refuse('notFound');
	const messageId = putReport(request.context, {
		to,
		code: fields.text('code'),
		description: fields.text('description'),
		workflowId: fields.text('workflow_id'),
		subject: fields.optionalText('subject'),
		localId: fields.optionalText('local_id'),
		fileName: fields.optionalText('file_name'),
		linkedMessageId: fields.optionalText('linked_message_id'),
	});
	return jsonAnswer({ message_id: messageId });
});

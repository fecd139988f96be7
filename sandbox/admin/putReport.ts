import { refuse } from '../errors/refusals';
import { jsonAnswer } from '../server/answer';
import { putReport } from '../server/putters';
import { adminRoute } from './adminRoute';
import { bodyProblem, readJson } from './jsonBody';

const STATUSES = ['error', 'undeliverable'];

/**
 * Puts a report into a mailbox, as in the NHS sandbox. That leaves out what went wrong unless `status` is `error`, which makes
 * it no report that MESH would send: so only where it is followed in its answers.
 */
export const putReportCall = adminRoute('POST', '/report', async (request) => {
	const fields = await readJson(request);
	const to = fields.text('mailbox_id').toUpperCase();
	if (!request.context.mailboxes.get(to)) throw refuse('notFound');
	const status = fields.optionalText('status') ?? 'undeliverable';
	if (!STATUSES.includes(status)) throw bodyProblem('status', `Input should be ${STATUSES.join(' or ')}`);
	const isBare = status !== 'error' && request.context.behaviour.answers === 'nhsSandbox';
	const [code, description] = [fields.text('code'), fields.text('description')];
	const messageId = putReport(request.context, {
		to,
		...(isBare ? { event: '', code: '', description: '' } : { event: fields.optionalText('event'), code, description }),
		workflowId: fields.text('workflow_id'),
		subject: fields.optionalText('subject'),
		localId: fields.optionalText('local_id'),
		fileName: fields.optionalText('file_name'),
		linkedMessageId: isBare ? undefined : fields.optionalText('linked_message_id'),
	});
	return jsonAnswer({ message_id: messageId });
});

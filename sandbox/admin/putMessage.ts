import { refuse } from '../errors/refusals';
import { jsonAnswer } from '../server/answer';
import { putMessage } from '../server/putters';
import { adminRoute } from './adminRoute';
import { bodyProblem, readJson, type JsonFields } from './jsonBody';

/** Puts a message into a mailbox: content as text, as base64, or as a list of base64 chunks. */
export const putMessageCall = adminRoute('POST', '/message', async (request) => {
	const fields = await readJson(request);
	const to = fields.text('to').toUpperCase();
	if (!request.context.mailboxes.get(to)) throw refuse('notFound');
	const messageId = await putMessage(request.context, {
		to,
		from: fields.optionalText('from'),
		workflowId: fields.optionalText('workflow_id'),
		content: contentOf(fields),
		gzip: fields.optionalFlag('gzip'),
		subject: fields.optionalText('subject'),
		localId: fields.optionalText('local_id'),
		fileName: fields.optionalText('file_name'),
		contentType: fields.optionalText('content_type'),
		checksum: fields.optionalText('checksum'),
		partnerId: fields.optionalText('partner_id'),
		encrypted: fields.optionalFlag('encrypted'),
		compressed: fields.optionalFlag('compressed'),
	});
	return jsonAnswer({ message_id: messageId });
});

function contentOf(fields: JsonFields): Buffer | Buffer[] {
	const text = fields.optionalText('content');
	const base64 = fields.optionalText('content_base64');
	const chunks = fields.optionalTexts('chunks_base64');
	if (chunks?.length) return chunks.map((chunk) => Buffer.from(chunk, 'base64'));
	if (base64 !== undefined) return Buffer.from(base64, 'base64');
	if (text !== undefined) return Buffer.from(text);
	throw bodyProblem('content', 'Field required: content, content_base64 or chunks_base64');
}

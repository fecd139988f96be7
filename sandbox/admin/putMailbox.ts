import { jsonAnswer } from '../server/answer';
import { completeMailbox } from '../store/mailboxes';
import { adminRoute } from './adminRoute';
import { bodyProblem, readJson, type JsonFields } from './jsonBody';

/** Adds a mailbox, or replaces the settings of one. */
export const putMailbox = adminRoute('POST', '/mailbox', async (request) => {
	const { mailboxes, journal } = request.context;
	const mailbox = readMailbox(await readJson(request));
	mailboxes.put(mailbox);
	journal.mailbox(mailbox);
	return jsonAnswer({ mailbox_id: mailbox.mailboxId });
});

function readMailbox(fields: JsonFields) {
	const settings = {
		mailboxId: fields.text('mailbox_id'),
		odsCode: fields.text('ods_code'),
		name: fields.optionalText('mailbox_name'),
		orgCode: fields.optionalText('org_code'),
		orgName: fields.optionalText('org_name'),
		password: fields.optionalText('password'),
		active: fields.optionalFlag('active'),
		workflows: fields.optionalTexts('workflows'),
		sends: fields.optionalTexts('sends'),
	};
	try {
		return completeMailbox(settings);
	} catch (error) {
		throw bodyProblem('mailbox_id', (error as Error).message);
	}
}

import { putReport } from '../api.js';
import { element } from '../element.js';
import { messagesLink } from '../route.js';
import { toast } from '../toast.js';
import { openDialog } from './dialog.js';
import { field, input, mailboxSelect, select } from './form.js';

/** Reports that MESH sends. */
const CODES = [
	{ value: '14', text: 'Message not collected by recipient after 5 days' },
	{ value: '12', text: 'Unregistered to address' },
	{ value: '16', text: 'Sender is not allowed to send messages of this type' },
	{ value: '17', text: 'Workflow ID not registered for mailbox' },
	{ value: 'EPL-150', text: 'Multiple mailboxes matched' },
	{ value: 'EPL-151', text: 'No mailbox matched' },
	{ value: 'EPL-152', text: 'NHS Number supplied in message is invalid' },
	{ value: 'EPL-153', text: 'NHS Number not found' },
	{ value: 'EPL-154', text: 'NHS Number supplied does not match the demographics held for the patient' },
];

/**
 * @param {import('../types.js').MailboxSummary[]} mailboxes
 * @param {string | undefined} mailboxId the mailbox being looked at
 * @param {import('../types.js').MessageDetails} [about] the message that is said to have failed
 */
export function openPutReport(mailboxes, mailboxId, about) {
	const to = mailboxSelect(mailboxes, about?.from ?? mailboxId);
	const code = select(CODES.map(({ value, text }) => ({ value, text: `${value}: ${text}` })));
	const description = input({ value: CODES[0].text, maxlength: 500 });
	code.addEventListener('change', () => (description.value = CODES.find(({ value }) => value === code.value)?.text ?? ''));
	const linked = input({ value: about?.messageId ?? '', class: 'mono' });
	const workflow = input({ value: about?.workflowId ?? 'TEST_WORKFLOW' });
	const localId = input({ value: about?.localId ?? '' });
	const subject = input({ value: about?.subject ?? '' });

	openDialog({
		title: 'Put a report',
		description: 'A non-delivery report, as MESH puts one into the inbox of the sender when a message could not be delivered.',
		fields: [
			element(
				'div',
				{ class: 'fields' },
				field('Into the mailbox', to),
				field('Code', code),
				field('Description', description, { wide: true }),
				field('Failed message', linked, { wide: true, hint: 'The message ID that the report is about; may be empty.' }),
				field('Workflow ID', workflow),
				field('Local ID', localId),
				field('Subject', subject, { wide: true }),
			),
		],
		submit: 'Put the report',
		async onSubmit() {
			const { message_id: messageId } = await putReport({
				mailbox_id: to.value,
				code: code.value,
				description: description.value.trim(),
				workflow_id: workflow.value.trim(),
				linked_message_id: linked.value.trim() || undefined,
				local_id: localId.value.trim() || undefined,
				subject: subject.value.trim() || undefined,
			});
			location.hash = messagesLink(to.value, 'inbox', messageId);
			toast(`Report put into ${to.value}`);
		},
	});
}

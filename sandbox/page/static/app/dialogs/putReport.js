import { putReport } from '../api.js';
import { element } from '../element.js';
import { messagesLink } from '../route.js';
import { toast } from '../toast.js';
import { field, input, mailboxSelect, openDialog } from './form.js';

/** Codes that MESH's documents name, those that the sandbox itself reports first; any other can be typed. */
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
	{ value: '07', text: 'Invalid From Address in the control file' },
	{ value: '09', text: 'Invalid version of the control file' },
	{ value: '11', text: 'Invalid Message Type for the transfer (should be DATA)' },
	{ value: '15', text: 'Bad CP-IS file' },
	{ value: '18', text: 'ONS Civil Registration for the workflow is not enabled via MESH' },
	{ value: '19', text: 'Invalid expiry period' },
];
const EVENTS = ['SEND', 'TRANSFER', 'COLLECT', 'RECEIVE'];

/**
 * @param {import('../types.js').MailboxSummary[]} mailboxes
 * @param {string | undefined} mailboxId the mailbox being looked at
 * @param {import('../types.js').MessageDetails} [about] the message that is said to have failed
 */
export function openPutReport(mailboxes, mailboxId, about) {
	const to = mailboxSelect(mailboxes, about?.from ?? mailboxId);
	const code = input({ list: 'known-codes', value: CODES[0].value, maxlength: 100 });
	const codes = element(
		'datalist',
		{ id: 'known-codes' },
		CODES.map(({ value, text }) => element('option', { value, text: `${value}: ${text}` })),
	);
	const event = input({ list: 'known-events', value: EVENTS[0], maxlength: 100 });
	const events = element(
		'datalist',
		{ id: 'known-events' },
		EVENTS.map((value) => element('option', { value })),
	);
	const description = input({ value: CODES[0].text, maxlength: 500 });
	let suggested = description.value;
	code.addEventListener('input', () => {
		const known = CODES.find(({ value }) => value === code.value.trim());
		if (description.value !== suggested && description.value !== '') return;
		suggested = known?.text ?? '';
		description.value = suggested;
	});
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
				field('Event', event),
				field('Code', code, { wide: true, hint: 'One of the list or any other; with the field empty, the whole list shows.' }),
				field('Description', description, { wide: true }),
				field('Failed message', linked, { wide: true, hint: 'The message ID that the report is about; may be empty.' }),
				field('Workflow ID', workflow),
				field('Local ID', localId),
				field('Subject', subject, { wide: true }),
				codes,
				events,
			),
		],
		submit: 'Put the report',
		async onSubmit() {
			if (code.value.trim() === '') throw new Error('Give a code: it is what a client tells failures apart by.');
			const { message_id: messageId } = await putReport({
				mailbox_id: to.value,
				event: event.value.trim(),
				code: code.value.trim(),
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

import type { INodeProperties } from 'n8n-workflow';
import { invalidInput } from '../../client';
import type { ItemCall } from '../operation';
import { requiredText, requiredTextOf } from '../parameters';
import { gpPracticeAddress } from './gpPractice';

/** The fields that say who gets a message. */
export function recipientFields(shown: Record<string, string[]>): INodeProperties[] {
	const patient = { show: { ...shown, sendTo: ['gpPractice'] } };
	return [
		{
			displayName: 'Send To',
			name: 'sendTo',
			type: 'options',
			default: 'mailbox',
			description: 'Who gets the message',
			options: [
				{ name: 'Mailbox', value: 'mailbox', description: 'A mailbox that you know, or find by organisation and workflow' },
				{
					name: "Patient's GP Practice",
					value: 'gpPractice',
					description: 'MESH finds the practice where the patient is registered. Only for workflows that were set up for it.',
				},
			],
			displayOptions: { show: shown },
		},
		{
			displayName: 'Recipient',
			name: 'to',
			type: 'resourceLocator',
			default: { mode: 'list', value: '' },
			required: true,
			description: 'The mailbox that gets the message',
			modes: [
				{
					displayName: 'From List',
					name: 'list',
					type: 'list',
					placeholder: 'Select a mailbox...',
					hint: 'Mailboxes that are registered for the Workflow ID above. Search by name or mailbox ID, or enter an ODS code.',
					typeOptions: { searchListMethod: 'searchMailboxes', searchable: true },
				},
				{ displayName: 'By Mailbox ID', name: 'id', type: 'string', placeholder: 'e.g. X26HC006' },
			],
			displayOptions: { show: { ...shown, sendTo: ['mailbox'] } },
		},
		{
			displayName:
				'NHS number, date of birth and surname are patient data. They go into the address of the message and into no log, error or output of this node. When MESH cannot find the practice, a report comes back into your own inbox.',
			name: 'gpPracticeNotice',
			type: 'notice',
			default: '',
			displayOptions: patient,
		},
		{
			displayName: 'NHS Number',
			name: 'nhsNumber',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. 999 000 0042',
			description: 'Ten digits, with or without spaces. The check digit is verified.',
			displayOptions: patient,
		},
		{
			displayName: 'Date of Birth',
			name: 'dateOfBirth',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. 1955-01-09',
			description:
				'Year, month and day. Turn a British date such as 09/01/1955 round with an expression: DateTime.fromFormat(value, "dd/MM/yyyy").toISODate().',
			displayOptions: patient,
		},
		{
			displayName: 'Surname',
			name: 'surname',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. Smith',
			description: "As in the patient's record, in plain letters without accents",
			displayOptions: patient,
		},
		{
			displayName: 'Date Format in the Address',
			name: 'dateFormat',
			type: 'options',
			default: 'YYYYMMDD',
			description: 'NHS specifications differ: take what that of your workflow says',
			options: [
				{ name: 'DDMMYYYY', value: 'DDMMYYYY', description: 'As older pages of GP Connect Messaging have it' },
				{ name: 'YYYYMMDD', value: 'YYYYMMDD', description: 'As GP Connect Send Document 2 has it' },
			],
			displayOptions: patient,
		},
	];
}

/** The value of `mex-to` that the recipient fields ask for. @throws MeshError MESH_INVALID_INPUT */
export function readRecipient(call: ItemCall): string {
	const { context, itemIndex } = call;
	const sendTo = context.getNodeParameter('sendTo', itemIndex, 'mailbox');
	if (sendTo === 'mailbox') return recipientMailbox(context.getNodeParameter('to', itemIndex, ''));
	if (sendTo !== 'gpPractice') throw invalidInput('sendTo', "'Send To' is not one of its choices", 'Use mailbox or gpPractice.');
	const dateFormat = context.getNodeParameter('dateFormat', itemIndex, 'YYYYMMDD');
	if (dateFormat !== 'YYYYMMDD' && dateFormat !== 'DDMMYYYY') {
		throw invalidInput('dateFormat', "'Date Format in the Address' is not one of its choices", 'Use YYYYMMDD or DDMMYYYY.');
	}
	return gpPracticeAddress({
		nhsNumber: requiredText(call, 'nhsNumber', 'NHS Number'),
		dateOfBirth: context.getNodeParameter('dateOfBirth', itemIndex),
		surname: requiredText(call, 'surname', 'Surname'),
		dateFormat,
	});
}

/** A resource locator, or plain text where the whole field is an expression. */
function recipientMailbox(value: unknown): string {
	const mailboxId: unknown = typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
	return requiredTextOf(mailboxId, 'to', 'Recipient');
}

import { invalidInput } from '../../../client';
import type { ItemCall } from '../../operation';
import { requiredText, requiredTextOf } from '../../parameters';
import { gpPracticeAddress } from './gpPracticeAddress';

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

import type { INodeProperties } from 'n8n-workflow';
import { invalidInput, isNhsNumber } from '../../client';
import type { ItemCall } from '../operation';
import { requiredText, requiredTextOf } from '../operation';

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

interface PatientDetails {
	nhsNumber: string;
	dateOfBirth: unknown;
	surname: string;
	dateFormat: BirthDateFormat;
}

/**
 * The address by which MESH finds the practice that a patient is registered with:
 * `GPPROVIDER_<NHS number>_<date of birth>_<surname>`. It is patient data: it goes into the request and nowhere else.
 * @throws MeshError MESH_INVALID_INPUT that names the field, never what is in it
 */
export function gpPracticeAddress({ nhsNumber, dateOfBirth, surname, dateFormat }: PatientDetails): string {
	const number = readNhsNumber(nhsNumber);
	if (number === undefined) {
		throw invalidInput(
			'nhsNumber',
			'The NHS number is not valid: it must have ten digits, and its last digit must agree with the others',
			'A digit is probably mistyped. MESH could not find the practice with it.',
		);
	}
	const birth = formatDateOfBirth(dateOfBirth, dateFormat);
	if (birth === 'future') {
		throw invalidInput(
			'dateOfBirth',
			'The date of birth lies in the future',
			'Correct it. A year of two digits that was completed wrongly is the usual cause.',
		);
	}
	if (birth === 'ambiguous') {
		throw invalidInput(
			'dateOfBirth',
			'The date of birth can be read in two ways, with the day or the month first',
			"Give it as year, month and day: 1955-01-09. If your data has the day first, use an expression such as {{ DateTime.fromFormat($json.born, 'dd/MM/yyyy').toISODate() }}.",
		);
	}
	if (birth === undefined) {
		throw invalidInput(
			'dateOfBirth',
			'The date of birth is not a date that can be understood',
			'Give it as year, month and day: 1955-01-09. A time of day must not follow it, as time zones would change the day.',
		);
	}
	const name = surname.trim();
	if (!/^[!-^`-~ ]{1,60}$/.test(name)) {
		throw invalidInput(
			'surname',
			'The surname is empty, too long, or holds a character that MESH does not take',
			'Use plain letters without accents, spaces, hyphens and apostrophes: 60 characters at most, and no underscore.',
		);
	}
	return `GPPROVIDER_${number}_${birth}_${name}`;
}

/** How the date of birth is written in a GPPROVIDER address. */
type BirthDateFormat = 'DDMMYYYY' | 'YYYYMMDD';

/** A day, with midnight behind it at most: any other time hides a change of time zone, and with it maybe another day. */
const DAY = /^\s*(\d{4})(-?)(\d{2})\2(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\s*$/;

/** As Britain writes it. */
const DAY_FIRST = /^\s*(\d{1,2})([/.-])(\d{1,2})\2(\d{4})\s*$/;

/**
 * Writes a date of birth as MESH wants it. Takes `1955-01-09`, `19550109`, either with midnight behind it, dates of n8n's
 * expressions, and `31/01/1955` where that can be read in one way only. Undefined for anything else: numbers in the order of another country
 * are not guessed at.
 */
export function formatDateOfBirth(
	value: unknown,
	format: BirthDateFormat,
	now: number = Date.now(),
): string | 'future' | 'ambiguous' | undefined {
	const text = textOf(value);
	const [, dayFirst = '', , monthSecond = '', yearLast = ''] = DAY_FIRST.exec(text) ?? [];
	if (yearLast !== '' && Number(dayFirst) <= 12 && Number(monthSecond) <= 12 && Number(dayFirst) !== Number(monthSecond))
		return 'ambiguous';
	const [, year = yearLast, , month = monthSecond.padStart(2, '0'), day = dayFirst.padStart(2, '0')] = DAY.exec(text) ?? [];
	const time = Date.parse(`${year}-${month}-${day}T00:00:00Z`);
	// Parsing refuses a month 13, but takes 31 April for 1 May in some forms.
	if (Number.isNaN(time) || new Date(time).getUTCDate() !== Number(day)) return undefined;
	if (time > now) return 'future';
	return format === 'YYYYMMDD' ? `${year}${month}${day}` : `${day}${month}${year}`;
}

function textOf(value: unknown): string {
	if (typeof value === 'string' || typeof value === 'number') return String(value);
	// Luxon, by what it can do: n8n may have another copy of it.
	if (typeof value === 'object' && value !== null && 'toISODate' in value && typeof value.toISODate === 'function')
		return String(value.toISODate());
	return '';
}

/** Ten digits, usually written 943 476 5919; spaces and hyphens in between do not matter. */
const WRITTEN = /^\s*(\d{3})[\s-]*(\d{3})[\s-]*(\d{4})\s*$/;

/** The ten digits of an NHS number, if the last one is its check digit. Undefined for anything else. */
export function readNhsNumber(text: string): string | undefined {
	const digits = WRITTEN.exec(text)?.slice(1).join('') ?? '';
	return isNhsNumber(digits) ? digits : undefined;
}

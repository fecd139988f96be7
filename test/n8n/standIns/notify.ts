import { isNhsNumber, type Received, type ServiceMailbox } from './serviceMailbox';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** NHS Notify has fields of its own with these names. */
const RESERVED =
	/^personalisation_(fullName|firstName|lastName|middleNames|namePrefix|nameSuffix|nhsNumber|date|emailAddress|phoneNumber|addressLine[1-7]|clientRef|recipientContactValue|template)$/;

/** A batch that NHS Notify has taken. */
interface Batch {
	reference: string;
	routingPlan: string;
	requestId: string;
	messageReferences: string[];
}

/** NHS Notify: takes request files, answers each with 202 or a refusal, and reports on messages that are finished. */
export class NotifyStandIn {
	readonly batches: Batch[] = [];
	/** What NHS Notify would refuse of what it got. */
	readonly complaints: string[] = [];

	constructor(private readonly mailbox: ServiceMailbox) {}

	async work(): Promise<void> {
		for (const message of await this.mailbox.collect()) {
			const complaints = this.check(message);
			this.complaints.push(...complaints);
			const { localId, messageId, from, subject } = message;
			const requestId = `synthetic-request-${this.batches.length + 1}`;
			if (complaints.length === 0)
				this.batches.push({ reference: localId, routingPlan: subject, requestId, messageReferences: referencesIn(message) });
			const answer = { meshMessageId: messageId, requestId };
			await this.mailbox.send(from, 'NHS_NOTIFY_SEND_REQUEST_ACK', JSON.stringify(answer), {
				subject: complaints.length === 0 ? '202' : '400',
				localId,
			});
		}
	}

	/** One row for each message of a batch, with a column that is not in the published list. */
	async reportDaily(to: string, { reference, routingPlan, requestId, messageReferences }: Batch, more: string[] = []): Promise<void> {
		const rows = [...messageReferences, ...more].map(
			(item) => `2030-01-08T09:00:00.000Z,${routingPlan},${reference},${requestId},${item},delivered,"new, later"`,
		);
		const columns = 'completedDate,sendingGroupId,requestRefId,requestId,requestItemRefId,status,columnOfTheFuture';
		await this.mailbox.send(to, 'NHS_NOTIFY_DAILY_REPORT', `${[columns, ...rows].join('\n')}\n`, { subject: '2030-01-08' });
	}

	private check(message: Received): string[] {
		const { workflowId, subject, localId, content } = message;
		const [columns, ...rows] = readCsv(content.toString());
		const column = (name: string) => rows.map((row) => row[columns.indexOf(name)]);
		const references = column('messageReference');
		const rules: Array<[boolean, string]> = [
			[workflowId === 'NHS_NOTIFY_SEND_REQUEST', `workflow ID ${workflowId}`],
			[UUID.test(subject), 'the subject is no routing plan ID'],
			[
				localId !== '' && !this.batches.some(({ reference }) => reference === localId),
				'the local ID is empty, or that of an earlier batch',
			],
			[content[0] !== 0xef, 'the file begins with a byte order mark'],
			[columns.includes('messageReference') && columns.includes('nhsNumber'), 'messageReference or nhsNumber is missing'],
			[
				columns.every((name) => /^(messageReference|nhsNumber|personalisation_\w+)$/.test(name) && !RESERVED.test(name)),
				`columns ${columns.join()}`,
			],
			[rows.length > 0 && rows.every(({ length }) => length === columns.length), 'no rows, or rows of another length than the header'],
			[references.every(Boolean) && new Set(references).size === references.length, 'a messageReference is empty or repeated'],
			[column('nhsNumber').every((number) => isNhsNumber(number ?? '')), 'an NHS number is not valid'],
		];
		return rules.filter(([holds]) => !holds).map(([, complaint]) => complaint);
	}
}

function referencesIn({ content }: Received): string[] {
	const [columns, ...rows] = readCsv(content.toString());
	return rows.map((row) => row[columns.indexOf('messageReference')]);
}

/** RFC 4180, with LF as well as CRLF. */
export function readCsv(text: string): string[][] {
	const lines: string[][] = [[]];
	for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
		lines[lines.length - 1].push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
		if (end === '') break;
		if (end !== ',') lines.push([]);
	}
	return lines.filter((line) => line.some((value) => value !== ''));
}

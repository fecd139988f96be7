import { isNhsNumber, type Received, type ServiceMailbox } from './serviceMailbox';

const WORKFLOW = 'SPINE_NTT_UPHOLDING';

/** The check for national data opt-outs: tells that a job was created, then sends back the numbers without an opt-out. */
export class DataOptOutStandIn {
	/** What the service would leave unanswered or refuse. */
	readonly complaints: string[] = [];
	/** Local IDs of the requests it has answered. */
	readonly references: string[] = [];

	constructor(
		private readonly mailbox: ServiceMailbox,
		private readonly optedOut: string[],
	) {}

	async work(): Promise<void> {
		for (const message of await this.mailbox.collect()) {
			const complaints = this.check(message);
			this.complaints.push(...complaints);
			if (complaints.length > 0) continue;
			const { from, localId, subject, messageId, content } = message;
			this.references.push(localId);
			await this.mailbox.send(from, WORKFLOW, JSON.stringify(jobCreated(from, localId, subject, messageId)), {
				subject: 'SUCCESS',
				localId,
			});
			const numbers = content.toString().split(',\n').slice(0, -1);
			const allowed = numbers.filter((number) => !this.optedOut.includes(number)).map((number) => `${number},\n`);
			const isSound = numbers.every(isNhsNumber);
			await this.mailbox.send(from, WORKFLOW, isSound ? allowed.join('') : 'The file contains one or more invalid NHS Numbers.', {
				subject,
				localId,
			});
		}
	}

	private check({ workflowId, subject, localId, content }: Received): string[] {
		const rules: Array<[boolean, string]> = [
			[workflowId === WORKFLOW, `workflow ID ${workflowId}`],
			[/^[\w-]+$/.test(subject), 'the subject is missing or has characters that get no answer'],
			[/^[\w-]+$/.test(localId), 'the local ID is missing or has characters that get no answer'],
			[!this.references.includes(localId), 'the upload is not unique'],
			[/^(\d{10},\n)+$/.test(content.toString('latin1')), 'the file is not lines of ten digits, a comma and LF'],
		];
		return rules.filter(([holds]) => !holds).map(([, complaint]) => complaint);
	}
}

function jobCreated(sender: string, localId: string, subject: string, messageId: string) {
	const stages = ['validate_non_empty_file', 'validate_is_unique_upload'].map((stage) => ({
		stage,
		ts: '2030-01-07T09:00:01',
		passed: true,
		details: '',
	}));
	const extra = { sending_mailbox: sender, message_id: messageId, local_id: localId, subject };
	return {
		version: 1,
		id: 'job-0001',
		status: 'pending',
		received: '2030-01-07T09:00:00',
		submitted: '2030-01-07T09:00:05',
		finished: null,
		stages,
		sender_id: sender,
		dataset_id: 'mesh_to_pos',
		metadata: { request: { extra }, filename: `${localId}.dat` },
	};
}

import { Caller } from '../../sandbox/support/caller';
import type { Sandbox } from '../../../sandbox';

/** A message as the service finds it in its mailbox. */
export interface Received {
	messageId: string;
	from: string;
	workflowId: string;
	subject: string;
	localId: string;
	/** As declared by the sender. */
	contentType: string;
	content: Buffer;
}

/** The mailbox of a service's stand-in: plain HTTPS calls, so that no fault of our own client can hide in it. */
export class ServiceMailbox {
	private readonly mesh: Caller;

	constructor(
		sandbox: Sandbox,
		readonly mailboxId: string,
	) {
		this.mesh = new Caller(sandbox);
	}

	/** Downloads and acknowledges all that waits, oldest first. */
	async collect(): Promise<Received[]> {
		const received: Received[] = [];
		for (const messageId of await this.mesh.list(this.mailboxId)) {
			const { status, headers, body } = await this.mesh.call({ path: `${this.mailboxId}/inbox/${messageId}` });
			if (status !== 200) throw new Error(`${messageId} could not be downloaded in one piece: ${status}`);
			const header = (name: string) => String(headers[name] ?? '');
			received.push({
				messageId,
				from: header('mex-from'),
				workflowId: header('mex-workflowid'),
				subject: header('mex-subject'),
				localId: header('mex-localid'),
				contentType: header('content-type'),
				content: body,
			});
			await this.mesh.acknowledge(this.mailboxId, messageId);
		}
		return received;
	}

	/** @returns the message ID */
	async send(
		to: string,
		workflowId: string,
		content: Buffer | string,
		more: { subject?: string; localId?: string; partnerId?: string } = {},
	): Promise<string> {
		const { subject, localId, partnerId } = more;
		return await this.mesh.send(this.mailboxId, to, content, {
			'mex-from': this.mailboxId,
			'mex-workflowid': workflowId,
			...(subject !== undefined && { 'mex-subject': subject }),
			...(localId !== undefined && { 'mex-localid': localId }),
			...(partnerId !== undefined && { 'mex-partnerid': partnerId }),
		});
	}

	close(): void {
		this.mesh.close();
	}
}

/** Whether ten digits are an NHS number: the last one is the check digit of the others, by modulus 11. */
export function isNhsNumber(text: string): boolean {
	if (!/^\d{10}$/.test(text)) return false;
	const weighted = [...text].slice(0, 9).reduce((sum, digit, at) => sum + Number(digit) * (10 - at), 0);
	return (11 - (weighted % 11)) % 11 === Number(text[9]);
}

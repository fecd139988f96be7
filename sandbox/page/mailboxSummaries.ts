import type { SandboxContext } from '../server/context';

/** A mailbox and how full it is. */
export interface MailboxSummary {
	mailboxId: string;
	name: string;
	odsCode: string;
	active: boolean;
	/** Those it receives. */
	workflows: string[];
	/** What a list call shows. */
	waiting: number;
	/** All messages to it that are known, in any status. */
	received: number;
	/** All messages from it that are known, in any status. */
	sent: number;
	lastHandshakeAt?: number;
}

/** All mailboxes; without their passwords. */
export function mailboxSummaries({ mailboxes, messages, office }: SandboxContext): MailboxSummary[] {
	const counts = new Map<string, { waiting: number; received: number; sent: number }>();
	const countsOf = (mailboxId: string) => {
		const known = counts.get(mailboxId) ?? { waiting: 0, received: 0, sent: 0 };
		counts.set(mailboxId, known);
		return known;
	};
	for (const message of messages.all()) {
		const recipient = countsOf(message.to);
		recipient.received++;
		if (office.isDelivered(message)) recipient.waiting++;
		countsOf(message.from).sent++;
	}
	return mailboxes.all().map(({ mailboxId, name, odsCode, active, workflows, lastHandshakeAt }) => ({
		mailboxId,
		name,
		odsCode,
		active,
		workflows,
		lastHandshakeAt,
		...countsOf(mailboxId),
	}));
}

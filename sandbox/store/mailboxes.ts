import type { MailboxSettings } from '../contract/sandbox';

/** A mailbox with every default filled in. */
export type Mailbox = Required<Omit<MailboxSettings, 'sends'>> &
	Pick<MailboxSettings, 'sends'> & {
		/** Sandbox time of the last handshake. */
		lastHandshakeAt?: number;
	};

/** The mailboxes and workflows of the NHS sandbox. */
export const DEFAULT_MAILBOXES: readonly MailboxSettings[] = [
	{ mailboxId: 'X26ABC1', name: 'TESTMB1', odsCode: 'X26', workflows: ['TEST_WORKFLOW_ACK', 'TEST_WORKFLOW2'] },
	{ mailboxId: 'X26ABC2', name: 'TESTMB2', odsCode: 'X26', workflows: ['TEST_WORKFLOW', 'TEST_WORKFLOW2'] },
	{ mailboxId: 'X26ABC3', name: 'TESTMB3', odsCode: 'X27', workflows: ['TEST_WORKFLOW_ACK', 'TEST_WORKFLOW2'] },
];

/** Gives the settings of one mailbox their defaults. Throws on a mailbox ID that MESH could not have. */
export function completeMailbox(settings: MailboxSettings): Mailbox {
	const mailboxId = String(settings.mailboxId ?? '').toUpperCase();
	if (!/^[A-Z0-9_-]{1,100}$/.test(mailboxId)) throw new RangeError(`"${settings.mailboxId}" is no mailbox ID: give letters and digits`);
	if (!settings.odsCode) throw new RangeError(`Mailbox ${mailboxId} needs an ODS code`);
	return {
		mailboxId,
		name: settings.name ?? mailboxId,
		odsCode: settings.odsCode,
		orgCode: settings.orgCode ?? settings.odsCode,
		orgName: settings.orgName ?? '',
		password: settings.password ?? 'password',
		active: settings.active ?? true,
		workflows: settings.workflows ?? [],
		...(settings.sends ? { sends: settings.sends } : {}),
	};
}

/** The registered mailboxes, by upper-case ID. */
export class Mailboxes {
	private readonly byId = new Map<string, Mailbox>();

	constructor(settings: readonly MailboxSettings[]) {
		for (const each of settings) this.put(each);
	}

	get(mailboxId: string): Mailbox | undefined {
		return this.byId.get(mailboxId);
	}

	put(settings: MailboxSettings): Mailbox {
		const mailbox = completeMailbox(settings);
		const lastHandshakeAt = this.byId.get(mailbox.mailboxId)?.lastHandshakeAt;
		this.byId.set(mailbox.mailboxId, lastHandshakeAt === undefined ? mailbox : { ...mailbox, lastHandshakeAt });
		return mailbox;
	}

	/** Remembers a mailbox's last sign of life. */
	recordHandshake(mailboxId: string, at: number): void {
		const mailbox = this.byId.get(mailboxId);
		if (mailbox) mailbox.lastHandshakeAt = at;
	}

	all(): Mailbox[] {
		return [...this.byId.values()];
	}

	/** Who receives a workflow, narrowed to one organisation if given; both match by case. */
	receivers(workflowId: string, odsCode?: string): Mailbox[] {
		return this.all().filter((mailbox) => mailbox.workflows.includes(workflowId) && (odsCode === undefined || mailbox.odsCode === odsCode));
	}
}

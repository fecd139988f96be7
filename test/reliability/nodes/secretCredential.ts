import type { Sandbox, SandboxOptions } from '../../../sandbox';
import { sandboxCredential } from '../../engine';
import { SECRETS } from '../matrix/lane';

/** Mailboxes whose password and key can be looked for wherever they must not be. */
export const guardedMailboxes: SandboxOptions = {
	sharedKey: SECRETS.sharedKey,
	mailboxes: ['X26ABC1', 'X26ABC2', 'X26ABC3'].map((mailboxId) => ({ mailboxId, odsCode: 'X26', password: SECRETS.mailboxPassword })),
};

export const secretCredential = (sandbox: Sandbox, mailboxId: string) =>
	sandboxCredential(sandbox, mailboxId, { mailboxPassword: SECRETS.mailboxPassword, sharedKey: SECRETS.sharedKey });

import type { ConnectionReport, ConnectionStep } from '../../../client';
import { whatToDo } from '../../../transport/explainConnectionFailure';

/** Steps at which a certificate of another mailbox can be the cause. */
const ABOUT_IDENTITY: readonly ConnectionStep[] = ['clientCertificate', 'handshake'];

/** No failure of its own, since MESH may take such a certificate; undefined when there is nothing to say about the name. */
export function nameFinding(mailboxId: string | undefined, { commonNameFitsMailbox, clientCertificate }: ConnectionReport): string | undefined {
	if (commonNameFitsMailbox !== false || clientCertificate === undefined || mailboxId === undefined) return undefined;
	return `The client certificate has the name of another mailbox, not that of ${mailboxId}: ${clientCertificate.subject}. MESH may refuse it: check the mailbox ID, or request a certificate for this mailbox.`;
}

/** What to do about a failure, beginning with the finding where that may be the cause. */
export function adviceOn({ step, error }: NonNullable<ConnectionReport['failure']>, finding: string | undefined): string | undefined {
	const cause = ABOUT_IDENTITY.includes(step) ? finding : undefined;
	return [cause, whatToDo(error)].filter((part) => part !== undefined).join(' ') || undefined;
}

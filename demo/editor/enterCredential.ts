import type { CredentialInput } from '../n8n/credentials';
import type { CredentialDialog } from './CredentialDialog';

/** Fields for a Custom URL with PEM, which is chosen already. */
const TEXTS = ['baseUrl', 'mailboxId', 'mailboxPassword', 'sharedKey', 'clientCertificate', 'privateKey', 'caCertificates'];

/** Types a credential for the sandbox into the window of a new one, as a person would, and saves it. */
export async function enterCredential(dialog: CredentialDialog, { data }: CredentialInput): Promise<void> {
	await dialog.choose('environment', 'Custom URL');
	for (const name of TEXTS) await dialog.fill(name, String(data[name]));
	await dialog.save();
}

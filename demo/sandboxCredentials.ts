import type { CredentialInput } from './n8n/credentials';
import type { ClientCertificates } from './sandboxProcess';

export const CREDENTIAL_TYPE = 'meshApi';

/** The sandbox's own defaults, which are those of the NHS sandbox. */
export const SHARED_KEY = 'TestKey';
export const MAILBOX_PASSWORD = 'password';

/** The name under which the example workflows look for a mailbox's credential. */
export function credentialName(mailboxId: string): string {
	return `MESH sandbox ${mailboxId}`;
}

/** A credential for one of the sandbox's mailboxes, as a person would fill it in. */
export function sandboxCredential(mailboxId: string, baseUrl: string, certificates: ClientCertificates): CredentialInput {
	return {
		name: credentialName(mailboxId),
		type: CREDENTIAL_TYPE,
		data: {
			environment: 'custom',
			baseUrl,
			mailboxId,
			mailboxPassword: MAILBOX_PASSWORD,
			sharedKey: SHARED_KEY,
			certificateType: 'pem',
			clientCertificate: certificates.certificate,
			privateKey: certificates.privateKey,
			caCertificates: certificates.ca,
		},
	};
}

import type { ICredentialDataDecryptedObject } from 'n8n-workflow';
import type { MeshApiCredentials } from '../../nodes/Mesh/transport/credential';
import type { Sandbox } from '../../sandbox';

/** The credential of one of the sandbox's mailboxes, as a person would fill it in. */
export function sandboxCredential(
	sandbox: Sandbox,
	mailboxId = 'X26ABC1',
	changes: Partial<MeshApiCredentials> = {},
): ICredentialDataDecryptedObject & MeshApiCredentials {
	const { ca, client } = sandbox.certificates;
	return {
		environment: 'custom',
		baseUrl: sandbox.url,
		mailboxId,
		mailboxPassword: 'password',
		sharedKey: 'TestKey',
		certificateType: 'pem',
		clientCertificate: client.certificate,
		privateKey: client.privateKey,
		passphrase: '',
		caCertificates: ca,
		ignoreSslIssues: false,
		...changes,
	};
}

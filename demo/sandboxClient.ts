import { MeshClient } from '../nodes/Mesh/client';
import { MAILBOX_PASSWORD, SHARED_KEY } from './sandboxCredentials';
import type { Demo } from './startDemo';

/** A MESH client of one of the sandbox's mailboxes; to be closed. */
export function sandboxClient({ sandboxUrl, certificates: { ca, certificate, privateKey } }: Demo, mailboxId: string): MeshClient {
	return new MeshClient({
		baseUrl: sandboxUrl,
		mailboxId,
		mailboxPassword: MAILBOX_PASSWORD,
		sharedKey: SHARED_KEY,
		tls: { clientCertificate: certificate, privateKey, caCertificates: ca },
	});
}

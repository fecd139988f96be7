import type { CertificateSet, KeyPair } from '../contract/sandbox';
import { Authority, type KeyKind } from './authority';
import { toPkcs12 } from './pkcs12';

/** Not a secret: it guards a test certificate that only a sandbox accepts. */
const PKCS12_PASSPHRASE = 'sandbox';

const SERVER_NAMES: Array<{ type: 'dns' | 'ip'; value: string }> = [
	{ type: 'dns', value: 'localhost' },
	{ type: 'ip', value: '127.0.0.1' },
	{ type: 'ip', value: '::1' },
];

/** The form NHS certificates have: mailbox, organisation, and the service. */
const CLIENT_NAME = 'X26ABC1.X26.api.mesh-client.nhs.uk';

/**
 * Makes fresh keys and certificates for a sandbox and its clients.
 * @param clientKeys `rsa` is like the NHS's but slower to make
 * @param clientValidDays how long the client's certificate is valid; default: as long as the others
 */
export async function createCertificates(
	clientName = CLIENT_NAME,
	clientKeys: KeyKind = 'ec',
	clientValidDays?: number,
): Promise<CertificateSet> {
	const authority = await Authority.create('MESH sandbox CA');
	const [server, client, strangerClient] = await Promise.all([
		authority.issueServer('localhost', SERVER_NAMES),
		authority.issueClient(clientName, clientKeys, clientValidDays),
		createStranger(clientName),
	]);
	return certificateSet(authority.pem, server, client, strangerClient);
}

/** A client certificate of the same name by an authority that nobody knows. */
export async function createStranger(clientName: string): Promise<KeyPair> {
	const authority = await Authority.create('Another CA');
	return authority.issueClient(clientName, 'ec');
}

/** Completes a set; the PKCS#12 form is made when it is first asked for, since few do. */
export function certificateSet(ca: string, server: KeyPair, client: KeyPair, strangerClient: KeyPair): CertificateSet {
	let packed: Buffer | undefined;
	return {
		ca,
		server,
		client,
		strangerClient,
		clientPkcs12Passphrase: PKCS12_PASSPHRASE,
		get clientPkcs12() {
			return (packed ??= toPkcs12(client, PKCS12_PASSPHRASE));
		},
	};
}

let shared: Promise<CertificateSet> | undefined;

/** One set for all sandboxes of this process: making keys takes longer than anything else a start does. */
export const sharedCertificates = (): Promise<CertificateSet> => (shared ??= createCertificates());

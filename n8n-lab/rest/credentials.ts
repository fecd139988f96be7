import { randomUUID } from 'node:crypto';
import type { N8nRest } from './restClient';

/** A credential as it is entered: `data` holds the secrets in plain text and is never printed. */
export interface CredentialInput {
	name: string;
	type: string;
	data: Record<string, unknown>;
}

interface StoredCredential {
	id: string;
	name: string;
	type: string;
}

/** Outcome of the editor's Test button. */
export interface CredentialTestResult {
	status: 'OK' | 'Error';
	message: string;
}

/** Creates a credential, or overwrites the one of the same name and type. @returns its ID */
export async function saveCredential(rest: N8nRest, credential: CredentialInput): Promise<string> {
	const existing = await findCredential(rest, credential);
	if (existing) {
		await rest.call('PATCH', `/rest/credentials/${existing.id}`, credential);
		return existing.id;
	}
	return (await rest.call<StoredCredential>('POST', '/rest/credentials', credential)).id;
}

/** ID of the credential with this name and type. */
export async function findCredential(
	rest: N8nRest,
	{ name, type }: Pick<CredentialInput, 'name' | 'type'>,
): Promise<StoredCredential | undefined> {
	const all = await rest.call<StoredCredential[]>('GET', '/rest/credentials');
	return all.find((stored) => stored.name === name && stored.type === type);
}

/** Tests new values, as the editor does: n8n 2.x takes them before they are saved, n8n 1.x only those of a saved credential. */
export async function testCredential(rest: N8nRest, credential: CredentialInput): Promise<CredentialTestResult> {
	const response = await rest.request('POST', '/rest/credentials/test', { credentials: { id: '', ...credential } });
	if (response.status !== 403) return ((await response.json()) as { data: CredentialTestResult }).data;
	const id = await saveCredential(rest, { ...credential, name: randomUUID() });
	try {
		return await testStoredCredential(rest, id);
	} finally {
		await rest.call('DELETE', `/rest/credentials/${id}`);
	}
}

/** Tests a stored credential, secrets included, as the editor does when one is opened. */
export async function testStoredCredential(rest: N8nRest, id: string): Promise<CredentialTestResult> {
	const { name, type, data } = await rest.call<CredentialInput>('GET', `/rest/credentials/${id}?includeData=true`);
	return await rest.call('POST', '/rest/credentials/test', { credentials: { id, name, type, data } });
}

/** What a client needs to talk to the sandbox: PEM text. */
export interface ClientCertificates {
	ca: string;
	certificate: string;
	privateKey: string;
}

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

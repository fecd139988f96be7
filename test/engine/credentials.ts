import { ICredentialsHelper } from 'n8n-workflow';
import type { ICredentialDataDecryptedObject, IHttpRequestOptions, INodeCredentialsDetails } from 'n8n-workflow';
import type { MeshApiCredentials } from '../../nodes/Mesh/transport/credential';
import type { Sandbox } from '../../sandbox';

/** Decrypted credentials: by credential name where a test needs several accounts, else by credential type. */
export type CredentialData = Record<string, ICredentialDataDecryptedObject>;

/** Hands out decrypted credentials as n8n's own helper would; no database, no encryption. */
export class CredentialsHelper extends ICredentialsHelper {
	constructor(private readonly data: CredentialData) {
		super();
	}

	async getDecrypted(_additionalData: unknown, details: INodeCredentialsDetails, type: string): Promise<ICredentialDataDecryptedObject> {
		const found = this.data[details.name] ?? this.data[type];
		if (found === undefined) throw new Error(`The test has no credential "${details.name}" of type "${type}"`);
		return { ...found };
	}

	async getCredentials(): Promise<never> {
		throw new Error('Encrypted credentials do not exist in tests');
	}

	async authenticate(
		_credentials: ICredentialDataDecryptedObject,
		_type: string,
		options: Parameters<ICredentialsHelper['authenticate']>[2],
	) {
		return options as IHttpRequestOptions;
	}

	isCredentialUsableByNode() {
		return true;
	}

	getParentTypes() {
		return [];
	}

	getCredentialsProperties() {
		return [];
	}

	async preAuthentication() {
		return undefined;
	}

	async runPreAuthentication() {
		return undefined;
	}

	async updateCredentials() {}

	async updateCredentialsOauthTokenData() {}
}

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

/** Which MESH the credential talks to. */
export type MeshEnvironment = 'integration' | 'production' | 'custom';

/**
 * Base URLs of the MESH environments that are reachable over the internet (MESH API, environments). Paths are added by
 * the client.
 */
export const environmentBaseUrls: Readonly<Record<Exclude<MeshEnvironment, 'custom'>, string>> = {
	integration: 'https://msg.intspineservices.nhs.uk',
	production: 'https://mesh-sync.spineservices.nhs.uk',
};

/**
 * Fields of the credential `meshApi` as n8n hands them over. Fields that are hidden in the editor may be absent, or hold
 * what was typed before they were hidden.
 */
export interface MeshApiCredentials {
	environment: MeshEnvironment;
	/** Custom only. */
	baseUrl?: string;
	mailboxId: string;
	mailboxPassword: string;
	sharedKey: string;
	/** `none` counts on Custom only. */
	certificateType: 'pem' | 'pkcs12' | 'none';
	/** PEM; n8n's one-line fields turn its line breaks into spaces. */
	clientCertificate?: string;
	/** PEM, as above. */
	privateKey?: string;
	/** Of the private key or of the PKCS#12 file. */
	passphrase?: string;
	/** Base64. */
	pkcs12?: string;
	/** PEM certificates one after the other; empty means Node's default store. */
	caCertificates?: string;
	/** Custom only. */
	ignoreSslIssues?: boolean;
}

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { MeshError, isMeshError } from '../client';
import type { MeshClientOptions, TlsMaterial } from '../client';

/** Which MESH the credential talks to. */
type MeshEnvironment = 'integration' | 'production' | 'custom';

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

/**
 * Translates the credential into what the client takes. Pure: opens nothing. Looks for missing fields; the client checks
 * what the fields hold.
 * @throws MeshError MESH_INVALID_CREDENTIAL naming the field, never its content
 */
export function toClientOptions(credentials: MeshApiCredentials): MeshClientOptions {
	return {
		baseUrl: baseUrl(credentials),
		mailboxId: required(credentials.mailboxId, 'mailboxId', 'Mailbox ID'),
		mailboxPassword: required(credentials.mailboxPassword, 'mailboxPassword', 'Mailbox Password'),
		sharedKey: required(credentials.sharedKey, 'sharedKey', 'Shared Key'),
		tls: tlsMaterial(credentials),
		clientVersion,
	};
}

/** Options from a credential that may be incomplete, to examine what is there: what is wrong is told by `problem`. */
export function draftClientOptions(credentials: MeshApiCredentials): { options: MeshClientOptions; problem?: MeshError } {
	try {
		return { options: toClientOptions(credentials) };
	} catch (error) {
		const { mailboxId, mailboxPassword, sharedKey } = credentials;
		const options: MeshClientOptions = {
			baseUrl: attempt(() => baseUrl(credentials)) ?? '',
			mailboxId: optional(mailboxId) ?? '',
			mailboxPassword: mailboxPassword ?? '',
			sharedKey: sharedKey ?? '',
			tls: attempt(() => tlsMaterial(credentials)) ?? {},
			clientVersion,
		};
		return { options, problem: isMeshError(error) ? error : undefined };
	}
}

function attempt<T>(read: () => T): T | undefined {
	try {
		return read();
	} catch {
		return undefined;
	}
}

function baseUrl({ environment, baseUrl: custom }: MeshApiCredentials): string {
	if (environment !== 'custom') {
		const known = Object.hasOwn(environmentBaseUrls, environment) ? environmentBaseUrls[environment] : undefined;
		if (known === undefined) throw invalidCredential('environment', 'The environment is not one of Integration, Production and Custom URL', 'Open the credential and choose the environment again.');
		return known;
	}
	return required(custom, 'baseUrl', 'Base URL');
}

function tlsMaterial(credentials: MeshApiCredentials): TlsMaterial {
	const custom = credentials.environment === 'custom';
	return {
		...clientCertificate(credentials, custom),
		caCertificates: optional(credentials.caCertificates),
		ignoreSslIssues: custom && credentials.ignoreSslIssues === true,
	};
}

function clientCertificate(credentials: MeshApiCredentials, custom: boolean): TlsMaterial {
	const { certificateType, passphrase } = credentials;
	if (certificateType === 'none') {
		if (custom) return {};
		throw invalidCredential('certificateType', 'MESH needs a client certificate', "Set Client Certificate to 'PEM' or 'PKCS#12' and supply the certificate that NHS England signed for this mailbox.");
	}
	if (certificateType === 'pkcs12') {
		return { pkcs12: Buffer.from(required(credentials.pkcs12, 'pkcs12', 'PKCS#12 File (Base64)'), 'base64'), passphrase };
	}
	return {
		clientCertificate: required(credentials.clientCertificate, 'clientCertificate', 'Certificate (PEM)'),
		privateKey: required(credentials.privateKey, 'privateKey', 'Private Key (PEM)'),
		passphrase: passphrase === '' ? undefined : passphrase,
	};
}

function optional(value: string | undefined): string | undefined {
	const text = value?.trim();
	return text === '' ? undefined : text;
}

function required(value: string | undefined, parameter: string, label: string): string {
	const text = optional(value);
	if (text === undefined) throw invalidCredential(parameter, `The credential has no ${label}`, `Open the credential and fill in '${label}'.`);
	return text;
}

function invalidCredential(parameter: string, message: string, hint: string): MeshError {
	return new MeshError(message, { code: 'MESH_INVALID_CREDENTIAL', parameter, hint, temporary: false });
}

/** What MESH sees of us in the handshake (`mex-clientversion`) and as user agent, such as `n8n-nodes-nhs-mesh==1.0.0`. */
const clientVersion = `n8n-nodes-nhs-mesh==${packageVersion(__dirname)}`;

/** Version in the nearest package.json above: the depth differs between the sources and `dist`. */
function packageVersion(folder: string): string {
	for (let current = folder; ; current = dirname(current)) {
		try {
			const { name, version } = JSON.parse(readFileSync(join(current, 'package.json'), 'utf8')) as { name?: string; version?: string };
			if (name === 'n8n-nodes-nhs-mesh' && version !== undefined) return version;
		} catch {
			// No package.json here: look one folder further up.
		}
		if (dirname(current) === current) return '0.0.0';
	}
}

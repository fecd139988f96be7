import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { invalidCredential, isMeshError, pkcs12FromText } from '../client';
import type { MeshClientOptions, MeshError, TlsMaterial } from '../client';
import type { CredentialFacts } from './nodeErrors';

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
	/** 1 to 8; absent in credentials that were saved before there was this field. */
	connectionsAtOnce?: number | string;
}

/**
 * Translates the credential into what the client takes. Pure: opens nothing. Looks for missing fields; the client checks
 * what the fields hold.
 * @throws MeshError MESH_INVALID_CREDENTIAL naming the field, never its content
 */
export function toClientOptions(given: MeshApiCredentials): MeshClientOptions {
	const credentials = inText(given);
	return {
		baseUrl: baseUrl(credentials),
		mailboxId: required(credentials.mailboxId, 'mailboxId'),
		mailboxPassword: required(credentials.mailboxPassword, 'mailboxPassword'),
		sharedKey: required(credentials.sharedKey, 'sharedKey'),
		tls: tlsMaterial(credentials),
		connections: connectionsAtOnce(given.connectionsAtOnce),
		clientVersion,
	};
}

/** The client checks the number. */
function connectionsAtOnce(value: MeshApiCredentials['connectionsAtOnce']): number | undefined {
	return (value ?? '') === '' ? undefined : Number(value);
}

/** Options from a credential that may be incomplete, to examine what is there: what is wrong is told by `problem`. */
export function draftClientOptions(given: MeshApiCredentials): { options: MeshClientOptions; problem?: MeshError } {
	try {
		return { options: toClientOptions(given) };
	} catch (error) {
		const credentials = inText(given, () => undefined);
		const { mailboxId, mailboxPassword, sharedKey } = credentials;
		const options: MeshClientOptions = {
			baseUrl: attempt(() => baseUrl(credentials)) ?? '',
			mailboxId: optional(mailboxId) ?? '',
			mailboxPassword: mailboxPassword ?? '',
			sharedKey: sharedKey ?? '',
			tls: attempt(() => tlsMaterial(credentials)) ?? {},
			connections: connectionsAtOnce(given.connectionsAtOnce),
			clientVersion,
		};
		return { options, problem: isMeshError(error) ? error : undefined };
	}
}

/** What may be told of a credential beside a failure. */
export function credentialFacts({ baseUrl, tls }: MeshClientOptions): CredentialFacts {
	return { baseUrl, hasClientCertificate: tls.clientCertificate !== undefined || tls.pkcs12 !== undefined };
}

/** What people call the fields. */
const LABELS = {
	environment: 'Environment',
	baseUrl: 'Base URL',
	mailboxId: 'Mailbox ID',
	mailboxPassword: 'Mailbox Password',
	sharedKey: 'Shared Key',
	certificateType: 'Client Certificate',
	clientCertificate: 'Certificate (PEM)',
	privateKey: 'Private Key (PEM)',
	passphrase: 'Passphrase',
	pkcs12: 'PKCS#12 File (Base64)',
	caCertificates: 'CA Certificates',
} as const;

/**
 * The same with text in each field: expressions give numbers, or nothing at all.
 * @param refuse called where a field holds something else
 */
function inText(given: MeshApiCredentials, refuse = neitherTextNorNumber): MeshApiCredentials {
	const texts = Object.entries(LABELS).map(([field, label]) => {
		const value: unknown = given[field as keyof typeof LABELS];
		if (value === undefined || value === null) return [field, undefined];
		if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return [field, String(value)];
		return [field, refuse(field, label)];
	});
	return { ...given, ...(Object.fromEntries(texts) as Partial<MeshApiCredentials>) };
}

function neitherTextNorNumber(field: string, label: string): undefined {
	throw invalidCredential(
		field,
		`The ${label} of the credential is neither text nor a number`,
		`Open the credential and check the expression in '${label}'.`,
	);
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
		if (known === undefined)
			throw invalidCredential(
				'environment',
				'The environment is not one of Integration, Production and Custom URL',
				'Open the credential and choose the environment again.',
			);
		return known;
	}
	return required(custom, 'baseUrl');
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
		throw invalidCredential(
			'certificateType',
			'MESH needs a client certificate',
			"Set Client Certificate to 'PEM' or 'PKCS#12' and supply the certificate that NHS England signed for this mailbox.",
		);
	}
	if (certificateType === 'pkcs12') {
		return { pkcs12: pkcs12FromText(required(credentials.pkcs12, 'pkcs12')), passphrase };
	}
	const [certificate, privateKey] = [optional(credentials.clientCertificate), optional(credentials.privateKey)];
	return {
		// One field may hold both: the client finds out what is missing then.
		clientCertificate: certificate ?? (privateKey === undefined ? required(certificate, 'clientCertificate') : undefined),
		privateKey,
		passphrase: passphrase === '' ? undefined : passphrase,
	};
}

function optional(value: string | undefined): string | undefined {
	const text = value?.trim();
	return text === '' ? undefined : text;
}

function required(value: string | undefined, field: keyof typeof LABELS): string {
	const text = optional(value);
	if (text === undefined)
		throw invalidCredential(field, `The credential has no ${LABELS[field]}`, `Open the credential and fill in '${LABELS[field]}'.`);
	return text;
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

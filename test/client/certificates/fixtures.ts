import * as x509 from '@peculiar/x509';
import { createPrivateKey, webcrypto } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[1]);

type KeyPair = { publicKey: webcrypto.CryptoKey; privateKey: webcrypto.CryptoKey };

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 24 * 60 * 60 * 1000;

/** A certificate and its key, made for this run. */
interface Issued {
	pem: string;
	key: KeyObject;
	certificate: x509.X509Certificate;
	keys: KeyPair;
}

interface IssueOptions {
	name: string;
	issuer?: Issued;
	isAuthority?: boolean;
	type?: 'rsa' | 'ec';
	/** Days from now. */
	from?: number;
	to?: number;
	/** Authorities that may stand between this one and a certificate. */
	pathLength?: number;
	/** What the certificate may be used for, as OIDs. */
	usages?: string[];
}

/** Makes a key and has it signed by an authority, or by itself. */
export async function issue({
	name,
	issuer,
	isAuthority = false,
	type = 'ec',
	from = -1,
	to = 100,
	pathLength,
	usages,
}: IssueOptions): Promise<Issued> {
	const algorithm = type === 'rsa' ? RSA : EC;
	const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as KeyPair;
	const subject = `CN=${name}`;
	const certificate = await x509.X509CertificateGenerator.create({
		subject,
		issuer: issuer?.certificate.subject ?? subject,
		publicKey: keys.publicKey,
		signingKey: issuer?.keys.privateKey ?? keys.privateKey,
		signingAlgorithm: EC,
		notBefore: new Date(Date.now() + from * DAY_MS),
		notAfter: new Date(Date.now() + to * DAY_MS),
		serialNumber: Math.floor(Math.random() * 1e12)
			.toString(16)
			.padStart(14, '1'),
		extensions: [
			new x509.BasicConstraintsExtension(isAuthority, pathLength),
			...(usages ? [new x509.ExtendedKeyUsageExtension(usages)] : []),
		],
	});
	const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
	return { pem: `${certificate.toString('pem')}\n`, key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), certificate, keys };
}

/** Root, authority below it, and a client certificate of each kind of key. */
export async function chainOfThree() {
	const root = await issue({ name: 'Root', isAuthority: true });
	const authority = await issue({ name: 'Sub-CA', issuer: root, isAuthority: true });
	const [ec, rsa] = await Promise.all([
		issue({ name: 'X26ABC1.X26.api.mesh-client.nhs.uk', issuer: authority }),
		issue({ name: 'X26ABC1.X26.api.mesh-client.nhs.uk', issuer: authority, type: 'rsa' }),
	]);
	return { root, authority, ec, rsa };
}

export const pkcs8 = (key: KeyObject, passphrase?: string): string =>
	String(key.export({ type: 'pkcs8', format: 'pem', ...(passphrase ? { cipher: 'aes-256-cbc', passphrase } : {}) }));

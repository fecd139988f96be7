import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { randomBytes, webcrypto } from 'node:crypto';
import type { KeyPair } from '../contract/sandbox';

/** `ec` takes milliseconds to make; `rsa` is what the NHS issues. */
export type KeyKind = 'ec' | 'rsa';

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]), modulusLength: 2048 };
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const DAY_MS = 24 * 60 * 60 * 1000;
/** Longer than any test machine lives between restarts, shorter than what TLS libraries object to. */
const VALID_DAYS = 800;

x509.cryptoProvider.set(webcrypto);

/** A certificate authority whose key exists only while this object does. */
export class Authority {
	private constructor(
		private readonly certificate: x509.X509Certificate,
		private readonly keys: webcrypto.CryptoKeyPair,
	) {}

	static async create(commonName: string): Promise<Authority> {
		const keys = (await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
		const certificate = await x509.X509CertificateGenerator.createSelfSigned({
			serialNumber: serialNumber(),
			name: `CN=${commonName}`,
			...validity(),
			keys,
			signingAlgorithm: EC,
			extensions: [
				new x509.BasicConstraintsExtension(true, 0, true),
				new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
				await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
			],
		});
		return new Authority(certificate, keys);
	}

	/** PEM. */
	get pem(): string {
		return `${this.certificate.toString('pem')}\n`;
	}

	/** Signs a server certificate for the given DNS names and IP addresses. */
	issueServer(commonName: string, names: Array<{ type: 'dns' | 'ip'; value: string }>): Promise<KeyPair> {
		const usage = x509.ExtendedKeyUsage.serverAuth;
		return this.issue(commonName, EC, usage, [new x509.SubjectAlternativeNameExtension(names)]);
	}

	/** Signs a client certificate. */
	issueClient(commonName: string, keys: KeyKind, validDays?: number): Promise<KeyPair> {
		return this.issue(commonName, keys === 'rsa' ? RSA : EC, x509.ExtendedKeyUsage.clientAuth, [], validDays);
	}

	private async issue(
		commonName: string,
		algorithm: typeof RSA | typeof EC,
		usage: x509.ExtendedKeyUsage,
		extensions: x509.Extension[],
		validDays?: number,
	): Promise<KeyPair> {
		const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
		const certificate = await x509.X509CertificateGenerator.create({
			serialNumber: serialNumber(),
			subject: `CN=${commonName}`,
			issuer: this.certificate.subject,
			...validity(validDays),
			publicKey: keys.publicKey,
			signingKey: this.keys.privateKey,
			signingAlgorithm: EC,
			extensions: [
				new x509.BasicConstraintsExtension(false, undefined, true),
				new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
				new x509.ExtendedKeyUsageExtension([usage]),
				await x509.AuthorityKeyIdentifierExtension.create(this.keys.publicKey),
				...extensions,
			],
		});
		const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
		return { certificate: `${certificate.toString('pem')}\n`, privateKey: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n` };
	}
}

/** From yesterday, so that a clock slightly behind does not matter. */
const validity = (days = VALID_DAYS) => ({ notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + days * DAY_MS) });

/** Positive and unique: 15 random bytes behind a leading 1. */
const serialNumber = () => `01${randomBytes(15).toString('hex')}`;

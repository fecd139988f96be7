import type { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { invalidCredential } from '../errors';
import { pemBlocks, readCertificates, readPrivateKeys } from './pem';
import type { ReadCertificate, ReadKey } from './pem';
import { readPkcs12 } from './pkcs12';

/** The certificate material of one mailbox, already in the form Node's TLS takes (see certificates/). */
export interface TlsMaterial {
	/** PEM: the client certificate, then any intermediate certificates. */
	clientCertificate?: string;
	/** PEM private key that belongs to `clientCertificate`. */
	privateKey?: string;
	/** PKCS#12 bundle instead of `clientCertificate` and `privateKey`. */
	pkcs12?: Buffer;
	/** Passphrase of `privateKey` or `pkcs12`. */
	passphrase?: string;
	/** PEM certificates to trust instead of Node's default store (NHS servers are signed by private NHS authorities). */
	caCertificates?: string;
	/** Only ever true on a Custom URL, and refused for hosts of the NHS: accept any server certificate. */
	ignoreSslIssues?: boolean;
}

/**
 * Certificate material as pasted by people, made fit for TLS: PEM repaired, key and certificate told apart and checked
 * against each other, the chain in order, dates checked. Throws `MESH_INVALID_CREDENTIAL` that names the property.
 * @param now milliseconds; the peer judges certificates by real time, so that is the default
 */
export function prepareTlsMaterial(material: TlsMaterial, now: number = Date.now()): TlsMaterial {
	const { pkcs12, passphrase, ignoreSslIssues } = material;
	const caCertificates = preparedAuthorities(material.caCertificates);
	const shared = { caCertificates, ignoreSslIssues };
	if (pkcs12) {
		const { leaf } = readPkcs12(pkcs12, passphrase);
		if (leaf) checkValidity(leaf, 'pkcs12', now);
		return { ...shared, pkcs12, passphrase };
	}
	const pair = preparedPair(material, now);
	return pair ? { ...shared, ...pair } : shared;
}

function preparedPair({ clientCertificate = '', privateKey = '', passphrase }: TlsMaterial, now: number): TlsMaterial | undefined {
	if (clientCertificate.trim() === '' && privateKey.trim() === '') return undefined;
	const inCertificate = pemBlocks(clientCertificate, 'clientCertificate');
	const inKey = pemBlocks(privateKey, 'privateKey');
	// Files often hold both, and people paste them into either field.
	const certificates = readCertificates([...inCertificate, ...inKey], 'clientCertificate');
	const keys = readPrivateKeys([...inKey, ...inCertificate], passphrase);
	if (certificates.length === 0) {
		throw invalidCredential(
			'clientCertificate',
			clientCertificate.trim() === '' ? 'The client certificate is missing' : 'The client certificate is not in PEM form',
			'Paste the whole text of the certificate file, with its first and last line of dashes.',
		);
	}
	if (keys.length === 0) {
		throw invalidCredential(
			'privateKey',
			privateKey.trim() === '' ? 'The private key is missing' : 'The private key is not in PEM form',
			'Paste the whole text of the key file, with its first and last line of dashes.',
		);
	}
	const { leaf, rest, key } = certificateChain(certificates, keys);
	checkValidity(leaf.x509, 'clientCertificate', now);
	return { clientCertificate: [leaf, ...rest].map(({ pem }) => pem).join(''), privateKey: key.pem, passphrase };
}

function preparedAuthorities(text: string | undefined): string | undefined {
	if (text === undefined || text.trim() === '') return undefined;
	const certificates = readCertificates(pemBlocks(text, 'caCertificates'), 'caCertificates');
	if (certificates.length === 0) {
		throw invalidCredential(
			'caCertificates',
			'The list of CA certificates holds no certificate in PEM form',
			'Paste the NHS root and sub-CA certificates of your environment, each with its first and last line of dashes.',
		);
	}
	return certificates.map(({ pem }) => pem).join('');
}

/** A certificate with its key and what leads from it to its authority, in the order that TLS wants. */
interface CertificateChain {
	leaf: ReadCertificate;
	/** Issuer of the leaf, its issuer, and so on; then what else was given. */
	rest: ReadCertificate[];
	key: ReadKey;
}

/** Finds the pair that belongs together; in which order the certificates were pasted does not matter. */
function certificateChain(certificates: ReadCertificate[], keys: ReadKey[]): CertificateChain {
	for (const key of keys) {
		const leaf = certificates.find(({ x509 }) => x509.checkPrivateKey(key.key));
		if (leaf) return { leaf, rest: inOrder(leaf, certificates), key };
	}
	throw invalidCredential(
		'privateKey',
		'The private key does not belong to the client certificate',
		'Use the key that the signing request of this certificate was made with.',
	);
}

function inOrder(leaf: ReadCertificate, certificates: ReadCertificate[]): ReadCertificate[] {
	const others = new Set(certificates.filter((certificate) => certificate !== leaf));
	const chain: ReadCertificate[] = [];
	let last = leaf;
	for (;;) {
		const issuer = [...others].find((other) => last.x509.checkIssued(other.x509));
		if (!issuer) return [...chain, ...others];
		chain.push(issuer);
		others.delete(issuer);
		last = issuer;
	}
}

/** Refuses a client certificate that the server is going to refuse for its dates. */
function checkValidity({ validFrom, validTo }: Pick<X509Certificate, 'validFrom' | 'validTo'>, parameter: string, now: number): void {
	const from = Date.parse(validFrom);
	const to = Date.parse(validTo);
	if (now > to) {
		throw invalidCredential(
			parameter,
			`The client certificate expired on ${dayOf(to)}`,
			'Have a new one signed by the NHS and put it, with its private key, into the credential.',
		);
	}
	if (now < from) {
		throw invalidCredential(
			parameter,
			`The client certificate is not valid before ${dayOf(from)}`,
			'Check the clock of the n8n host, or wait until then.',
		);
	}
}

function dayOf(time: number): string {
	return new Date(time).toISOString().slice(0, 10);
}

/** The certificate material, checked, in the form that all connections of a client share. Throws `MESH_INVALID_CREDENTIAL`. */
export function secureContextOf(material: TlsMaterial): SecureContext {
	const { clientCertificate, privateKey, pkcs12, passphrase, caCertificates } = prepareTlsMaterial(material);
	try {
		return createSecureContext({
			...(pkcs12 ? { pfx: pkcs12 } : { cert: clientCertificate, key: privateKey }),
			passphrase: passphrase ?? '',
			ca: caCertificates,
			minVersion: 'TLSv1.2',
		});
	} catch {
		throw invalidCredential(
			pkcs12 ? 'pkcs12' : 'clientCertificate',
			'Certificate and private key cannot be used for TLS',
			'The key may be too short (RSA needs 2048 bits) or of an uncommon kind: have a new certificate signed.',
		);
	}
}

/** What there is to say about a certificate; none of it is secret. */
export interface CertificateDescription {
	/** On one line, such as `CN=X26ABC1.X26.api.mesh-client.nhs.uk`. */
	subject: string;
	issuer: string;
	/** `CN` of the subject. */
	commonName?: string;
	validFrom: Date;
	validTo: Date;
	/** Whole days until `validTo`; negative when it has passed. */
	daysLeft: number;
	serialNumber: string;
	/** SHA-256, hexadecimal pairs. */
	fingerprint: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The client certificate of a credential, whatever its dates; `undefined` when there is none, or when this version of Node does
 * not show that of a PKCS#12 file. Throws `MESH_INVALID_CREDENTIAL` when it cannot be read or does not match its key.
 */
export function describeClientCertificate(material: TlsMaterial, now: number = Date.now()): CertificateDescription | undefined {
	const { pkcs12, clientCertificate = '', privateKey = '', passphrase } = material;
	if (pkcs12) {
		const { leaf } = readPkcs12(pkcs12, passphrase);
		return leaf && describeCertificate(leaf, now);
	}
	const blocks = [...pemBlocks(clientCertificate, 'clientCertificate'), ...pemBlocks(privateKey, 'privateKey')];
	const certificates = readCertificates(blocks, 'clientCertificate');
	if (certificates.length === 0) return undefined;
	const keys = readPrivateKeys(blocks, passphrase);
	const { x509 } = keys.length > 0 ? certificateChain(certificates, keys).leaf : certificates[0];
	return describeCertificate(x509, now);
}

/** Any certificate in words and dates. */
export function describeCertificate(x509: X509Certificate, now: number = Date.now()): CertificateDescription {
	const validTo = new Date(x509.validTo);
	return {
		subject: oneLine(x509.subject),
		issuer: oneLine(x509.issuer),
		commonName: /(?:^|\n)CN=([^\n]*)/.exec(x509.subject ?? '')?.[1],
		validFrom: new Date(x509.validFrom),
		validTo,
		daysLeft: Math.floor((validTo.getTime() - now) / DAY_MS),
		serialNumber: x509.serialNumber,
		fingerprint: x509.fingerprint256,
	};
}

/** Node gives one part of a name a line. */
function oneLine(name: string | undefined): string {
	return (name ?? '').split('\n').join(', ');
}

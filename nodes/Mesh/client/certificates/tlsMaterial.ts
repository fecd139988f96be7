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
 * against each other, the chain in order, dates checked. Of several certificates that have their key, one in date goes first, then
 * one for the mailbox, then the newest. Throws `MESH_INVALID_CREDENTIAL` that names the property.
 * @param now milliseconds; the peer judges certificates by real time, so that is the default
 */
export function prepareTlsMaterial(material: TlsMaterial, now: number = Date.now(), mailboxId = ''): TlsMaterial {
	const shared = { caCertificates: preparedAuthorities(material.caCertificates), ignoreSslIssues: material.ignoreSslIssues };
	const own = ownCertificate(material, { now, mailboxId });
	if (own?.leaf) checkValidity(own.leaf, material.pkcs12 ? 'pkcs12' : 'clientCertificate', now);
	return { ...shared, ...own?.material };
}

/** By what the best of several certificates is chosen. */
interface Wanted {
	now: number;
	mailboxId: string;
}

interface OwnCertificate {
	/** Absent where this version of Node does not show that of a PKCS#12 file. */
	leaf?: X509Certificate;
	material: TlsMaterial;
}

function ownCertificate(material: TlsMaterial, wanted: Wanted): OwnCertificate | undefined {
	return material.pkcs12 ? fromPkcs12(material.pkcs12, material.passphrase, wanted) : fromPem(material, wanted);
}

/** A file is used as it is, unless it holds a better pair than the one that TLS takes of it. */
function fromPkcs12(pkcs12: Buffer, passphrase: string | undefined, wanted: Wanted): OwnCertificate {
	const { leaf, contents } = readPkcs12(pkcs12, passphrase);
	const certificates = contents?.certificates.map((x509) => ({ x509, pem: x509.toString() })) ?? [];
	const keys = contents?.keys.map((key) => ({ key, pem: String(key.export({ type: 'pkcs8', format: 'pem' })) })) ?? [];
	const chain = bestChain(certificates, keys, wanted);
	if (leaf === undefined || chain === undefined || chain.leaf.x509.fingerprint256 === leaf.fingerprint256)
		return { leaf, material: { pkcs12, passphrase } };
	return { leaf: chain.leaf.x509, material: inPem(chain) };
}

function fromPem({ clientCertificate = '', privateKey = '', passphrase }: TlsMaterial, wanted: Wanted): OwnCertificate | undefined {
	if (clientCertificate.trim() === '' && privateKey.trim() === '') return undefined;
	const inCertificate = pemBlocks(clientCertificate, 'clientCertificate');
	const inKey = pemBlocks(privateKey, 'privateKey');
	// Files often hold both, and people paste them into either field.
	const certificates = readCertificates([...inCertificate, ...inKey], 'clientCertificate');
	const { keys, problem } = readPrivateKeys([...inKey, ...inCertificate], passphrase);
	if (certificates.length === 0) {
		throw invalidCredential(
			'clientCertificate',
			clientCertificate.trim() === '' ? 'The client certificate is missing' : 'The client certificate is not in PEM form',
			'Paste the whole text of the certificate file, with its first and last line of dashes.',
		);
	}
	const chain = bestChain(certificates, keys, wanted);
	if (chain) return { leaf: chain.leaf.x509, material: { ...inPem(chain), passphrase } };
	if (problem) throw problem;
	if (keys.length > 0) {
		throw invalidCredential(
			'privateKey',
			'The private key does not belong to the client certificate',
			'Use the key that the signing request of this certificate was made with.',
		);
	}
	throw invalidCredential(
		'privateKey',
		privateKey.trim() === '' ? 'The private key is missing' : 'The private key is not in PEM form',
		'Paste the whole text of the key file, with its first and last line of dashes.',
	);
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

function inPem({ leaf, rest, key }: CertificateChain): TlsMaterial {
	return { clientCertificate: [leaf, ...rest].map(({ pem }) => pem).join(''), privateKey: key.pem };
}

/** The best pair of certificate and key; in which order they were pasted does not matter. `undefined` where none belong together. */
function bestChain(certificates: ReadCertificate[], keys: ReadKey[], wanted: Wanted): CertificateChain | undefined {
	const pairs = keys.flatMap((key) => certificates.filter(({ x509 }) => x509.checkPrivateKey(key.key)).map((leaf) => ({ leaf, key })));
	const [best] = pairs.sort((a, b) => compare(rank(b.leaf.x509, wanted), rank(a.leaf.x509, wanted)));
	if (best === undefined) return undefined;
	const others = certificates.filter((certificate) => !pairs.some(({ leaf }) => leaf === certificate));
	return { ...best, rest: inOrder(best.leaf, others) };
}

/** The better, the greater, from left to right. */
function rank(x509: X509Certificate, { now, mailboxId }: Wanted): number[] {
	const [from, to] = [Date.parse(x509.validFrom), Date.parse(x509.validTo)];
	const fits = { true: 2, undefined: 1, false: 0 }[`${commonNameFits(commonNameOf(x509), mailboxId)}`];
	return [now >= from && now <= to ? 1 : 0, fits, to];
}

function compare(a: number[], b: number[]): number {
	const at = a.findIndex((value, index) => value !== b[index]);
	return at === -1 ? 0 : a[at] - b[at];
}

function inOrder(leaf: ReadCertificate, others: ReadCertificate[]): ReadCertificate[] {
	const left = new Set(others);
	const chain: ReadCertificate[] = [];
	let last = leaf;
	for (;;) {
		const issuer = [...left].find((other) => last.x509.checkIssued(other.x509));
		if (!issuer) return [...chain, ...left];
		chain.push(issuer);
		left.delete(issuer);
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
export function secureContextOf(material: TlsMaterial, mailboxId?: string): SecureContext {
	const { clientCertificate, privateKey, pkcs12, passphrase, caCertificates } = prepareTlsMaterial(material, undefined, mailboxId);
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
export function describeClientCertificate(
	material: TlsMaterial,
	now: number = Date.now(),
	mailboxId = '',
): CertificateDescription | undefined {
	const leaf = ownCertificate(material, { now, mailboxId })?.leaf;
	return leaf && describeCertificate(leaf, now);
}

/** The certificate of a text without its key, which may be the very thing that is wrong. */
export function describeCertificateText(text: string, now: number = Date.now()): CertificateDescription | undefined {
	const [first] = readCertificates(pemBlocks(text, 'clientCertificate'), 'clientCertificate');
	return first && describeCertificate(first.x509, now);
}

/** Any certificate in words and dates. */
export function describeCertificate(x509: X509Certificate, now: number = Date.now()): CertificateDescription {
	const validTo = new Date(x509.validTo);
	return {
		subject: oneLine(x509.subject),
		issuer: oneLine(x509.issuer),
		commonName: commonNameOf(x509),
		validFrom: new Date(x509.validFrom),
		validTo,
		daysLeft: Math.floor((validTo.getTime() - now) / DAY_MS),
		serialNumber: x509.serialNumber,
		fingerprint: x509.fingerprint256,
	};
}

function commonNameOf({ subject }: X509Certificate): string | undefined {
	return /(?:^|\n)CN=([^\n]*)/.exec(subject ?? '')?.[1];
}

/** Node gives one part of a name a line. */
function oneLine(name: string | undefined): string {
	return (name ?? '').split('\n').join(', ');
}

/**
 * Whether a client certificate was issued for a mailbox, judged by its common name. The NHS writes
 * `<mailbox ID or local ID>.<ODS code>.api.mesh-client.nhs.uk`, and what a local ID may be is the organisation's own affair: only
 * the mailbox's own ID says yes, and only what looks like the ID of another mailbox says no. Undefined for all other names, of
 * which nothing can be said.
 */
export function commonNameFits(commonName: string | undefined, mailboxId: string): boolean | undefined {
	const [, name, odsCode] = /^([^.]+)\.([^.]+)\.api\.mesh-client\.nhs\.uk$/i.exec(commonName?.toUpperCase() ?? '') ?? [];
	const mailbox = mailboxId.toUpperCase();
	if (name === undefined || odsCode === undefined || mailbox === '') return undefined;
	if (name === mailbox) return true;
	return name.startsWith(odsCode) && endsAlike(mailbox, name.slice(odsCode.length)) ? false : undefined;
}

/** Mailbox IDs are an ODS code and some letters and digits, such as `HC005`, in which two of one kind agree. */
function endsAlike(mailbox: string, ending: string): boolean {
	return ending.length > 2 && form(mailbox).endsWith(form(ending));
}

function form(text: string): string {
	return text.replace(/[A-Z]/g, 'A').replace(/\d/g, '9');
}

import type { X509Certificate } from 'node:crypto';
import type { TlsMaterial } from '../types';
import { certificateChain } from './certificateChain';
import { pemBlocks } from './pemBlocks';
import { readCertificates } from './readCertificates';
import { readPkcs12 } from './readPkcs12';
import { readPrivateKeys } from './readPrivateKey';

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
	const { pkcs12, certificate = '', privateKey = '', passphrase } = material;
	if (pkcs12) {
		const { leaf } = readPkcs12(pkcs12, passphrase);
		return leaf && describeCertificate(leaf, now);
	}
	const blocks = [...pemBlocks(certificate, 'certificate'), ...pemBlocks(privateKey, 'privateKey')];
	const certificates = readCertificates(blocks, 'certificate');
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

import { X509Certificate } from 'node:crypto';
import { invalidCredential } from '../credentials/invalidCredential';
import { TITLES } from './pemBlocks';
import type { PemBlock } from './pemBlocks';

/** A certificate and the clean PEM that it was read from. */
export interface ReadCertificate {
	x509: X509Certificate;
	pem: string;
}

const CERTIFICATE_NAMES = ['CERTIFICATE', 'X509 CERTIFICATE'];

/** The certificates among the blocks of a field; what is there instead of a certificate is named. */
export function readCertificates(blocks: PemBlock[], parameter: string): ReadCertificate[] {
	for (const { label } of blocks) {
		const advice = MISTAKEN_FOR_CERTIFICATE[label];
		if (advice) throw invalidCredential(parameter, `The ${TITLES[parameter] ?? parameter} ${advice[0]}`, advice[1]);
	}
	const seen = new Set<string>();
	return blocks
		.filter(({ label }) => CERTIFICATE_NAMES.includes(label))
		.map(({ pem }) => readCertificate(pem.replace(/X509 CERTIFICATE/g, 'CERTIFICATE'), parameter))
		.filter(({ x509 }) => !seen.has(x509.fingerprint256) && seen.add(x509.fingerprint256));
}

/** Blocks that people paste in place of a certificate. */
const MISTAKEN_FOR_CERTIFICATE: Readonly<Record<string, [is: string, doThis: string]>> = {
	'CERTIFICATE REQUEST': [
		'is a signing request, not a certificate',
		'Paste the certificate that the NHS sent back for this request.',
	],
	'NEW CERTIFICATE REQUEST': [
		'is a signing request, not a certificate',
		'Paste the certificate that the NHS sent back for this request.',
	],
	'TRUSTED CERTIFICATE': [
		'is in OpenSSL\'s "trusted" form',
		'Convert it: openssl x509 -in old.pem -out new.pem',
	],
	PKCS7: ['is a PKCS#7 bundle', 'Convert it: openssl pkcs7 -in bundle.p7b -print_certs -out certificates.pem'],
	CMS: ['is a CMS bundle', 'Convert it: openssl pkcs7 -in bundle.p7b -print_certs -out certificates.pem'],
	'PUBLIC KEY': ['holds a public key, not a certificate', 'Paste the certificate.'],
};

function readCertificate(pem: string, parameter: string): ReadCertificate {
	try {
		return { x509: new X509Certificate(pem), pem };
	} catch {
		throw invalidCredential(
			parameter,
			`The ${TITLES[parameter] ?? parameter} cannot be read: a certificate in it is damaged`,
			'Paste the text again as it is in the file.',
		);
	}
}

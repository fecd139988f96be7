import { invalidCredential } from '../credentials/invalidCredential';
import type { TlsMaterial } from '../types';
import { certificateChain } from './certificateChain';
import { checkValidity } from './checkValidity';
import { pemBlocks } from './pemBlocks';
import { readCertificates } from './readCertificates';
import { readPkcs12 } from './readPkcs12';
import { readPrivateKeys } from './readPrivateKey';

/**
 * Certificate material as pasted by people, made fit for TLS: PEM repaired, key and certificate told apart and checked
 * against each other, the chain in order, dates checked. Throws `MESH_INVALID_CREDENTIAL` that names the property.
 * @param now milliseconds; the peer judges certificates by real time, so that is the default
 */
export function prepareTlsMaterial(material: TlsMaterial, now: number = Date.now()): TlsMaterial {
	const { pkcs12, passphrase, ignoreServerCertificate } = material;
	const certificateAuthorities = preparedAuthorities(material.certificateAuthorities);
	const shared = { certificateAuthorities, ignoreServerCertificate };
	if (pkcs12) {
		const { leaf } = readPkcs12(pkcs12, passphrase);
		if (leaf) checkValidity(leaf, 'pkcs12', now);
		return { ...shared, pkcs12, passphrase };
	}
	const pair = preparedPair(material, now);
	return pair ? { ...shared, ...pair } : shared;
}

function preparedPair({ certificate = '', privateKey = '', passphrase }: TlsMaterial, now: number): TlsMaterial | undefined {
	if (certificate.trim() === '' && privateKey.trim() === '') return undefined;
	const inCertificate = pemBlocks(certificate, 'certificate');
	const inKey = pemBlocks(privateKey, 'privateKey');
	// Files often hold both, and people paste them into either field.
	const certificates = readCertificates([...inCertificate, ...inKey], 'certificate');
	const keys = readPrivateKeys([...inKey, ...inCertificate], passphrase);
	if (certificates.length === 0) {
		throw invalidCredential(
			'certificate',
			certificate.trim() === '' ? 'The client certificate is missing' : 'The client certificate is not in PEM form',
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
	checkValidity(leaf.x509, 'certificate', now);
	return { certificate: [leaf, ...rest].map(({ pem }) => pem).join(''), privateKey: key.pem, passphrase };
}

function preparedAuthorities(text: string | undefined): string | undefined {
	if (text === undefined || text.trim() === '') return undefined;
	const certificates = readCertificates(pemBlocks(text, 'certificateAuthorities'), 'certificateAuthorities');
	if (certificates.length === 0) {
		throw invalidCredential(
			'certificateAuthorities',
			'The list of CA certificates holds no certificate in PEM form',
			'Paste the NHS root and sub-CA certificates of your environment, each with its first and last line of dashes.',
		);
	}
	return certificates.map(({ pem }) => pem).join('');
}

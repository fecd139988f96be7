import { invalidCredential } from '../credentials/invalidCredential';
import type { ReadCertificate } from './readCertificates';
import type { ReadKey } from './readPrivateKey';

/** A certificate with its key and what leads from it to its authority, in the order that TLS wants. */
export interface CertificateChain {
	leaf: ReadCertificate;
	/** Issuer of the leaf, its issuer, and so on; then what else was given. */
	rest: ReadCertificate[];
	key: ReadKey;
}

/** Finds the pair that belongs together; in which order the certificates were pasted does not matter. */
export function certificateChain(certificates: ReadCertificate[], keys: ReadKey[]): CertificateChain {
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

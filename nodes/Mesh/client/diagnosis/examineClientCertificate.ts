import { describeClientCertificate } from '../certificates/describeCertificate';
import type { CertificateDescription } from '../certificates/describeCertificate';
import { pemBlocks } from '../certificates/pemBlocks';
import { readCertificates } from '../certificates/readCertificates';
import { readPrivateKeys } from '../certificates/readPrivateKey';
import { secureContextOf } from '../certificates/secureContextOf';
import type { TlsMaterial } from '../types';

export interface ClientCertificateExamination {
	certificate?: CertificateDescription;
	/** Undefined when there is no pair, or one of the two cannot be read. */
	keyMatches?: boolean;
	/** Why the material cannot be used: `MESH_INVALID_CREDENTIAL`. */
	problem?: unknown;
}

/** Looks at our own certificate and key; a certificate that cannot be used is described all the same. */
export function examineClientCertificate(material: TlsMaterial): ClientCertificateExamination {
	// Without its key, which may be the very thing that is wrong.
	const certificate =
		attempt(() => describeClientCertificate(material)) ?? attempt(() => describeClientCertificate({ certificate: material.certificate }));
	return { certificate, keyMatches: attempt(() => keyMatches(material)), problem: problemOf(material) };
}

function keyMatches({ pkcs12, certificate = '', privateKey = '', passphrase }: TlsMaterial): boolean | undefined {
	// A PKCS#12 file opens only with a pair that belongs together.
	if (pkcs12) return describeClientCertificate({ pkcs12, passphrase }) && true;
	const blocks = [...pemBlocks(certificate, 'certificate'), ...pemBlocks(privateKey, 'privateKey')];
	const certificates = readCertificates(blocks, 'certificate');
	const keys = readPrivateKeys(blocks, passphrase);
	if (certificates.length === 0 || keys.length === 0) return undefined;
	return keys.some(({ key }) => certificates.some(({ x509 }) => x509.checkPrivateKey(key)));
}

function problemOf(material: TlsMaterial): unknown {
	try {
		secureContextOf(material);
		return undefined;
	} catch (error) {
		return error;
	}
}

/** What cannot be found out is left out; what is wrong is told by `problem`. */
function attempt<T>(find: () => T): T | undefined {
	try {
		return find();
	} catch {
		return undefined;
	}
}

import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { invalidCredential } from '../credentials/invalidCredential';
import type { TlsMaterial } from '../types';
import { prepareTlsMaterial } from './prepareTlsMaterial';

/** The certificate material, checked, in the form that all connections of a client share. Throws `MESH_INVALID_CREDENTIAL`. */
export function secureContextOf(material: TlsMaterial): SecureContext {
	const { certificate, privateKey, pkcs12, passphrase, certificateAuthorities } = prepareTlsMaterial(material);
	try {
		return createSecureContext({
			...(pkcs12 ? { pfx: pkcs12 } : { cert: certificate, key: privateKey }),
			passphrase: passphrase ?? '',
			ca: certificateAuthorities,
			minVersion: 'TLSv1.2',
		});
	} catch {
		throw invalidCredential(
			pkcs12 ? 'pkcs12' : 'certificate',
			'Certificate and private key cannot be used for TLS',
			'The key may be too short (RSA needs 2048 bits) or of an uncommon kind: have a new certificate signed.',
		);
	}
}

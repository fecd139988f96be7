import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { TlsMaterial } from '../types';

/** The certificate material in the form that TLS connections share. */
export function secureContextOf(material: TlsMaterial): SecureContext {
	const { certificate, privateKey, pkcs12, passphrase, certificateAuthorities } = material;
	return createSecureContext({
		...(pkcs12 ? { pfx: pkcs12 } : { cert: certificate || undefined, key: privateKey || undefined }),
		passphrase: passphrase || undefined,
		ca: certificateAuthorities || undefined,
		minVersion: 'TLSv1.2',
	});
}

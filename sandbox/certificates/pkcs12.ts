import { asn1, pkcs12, pki } from 'node-forge';
import type { KeyPair } from '../contract/sandbox';

/** Packs an RSA certificate and key as PKCS#12 that OpenSSL 3 opens without its legacy provider. */
export function toPkcs12({ certificate, privateKey }: KeyPair, passphrase: string): Buffer {
	const packed = pkcs12.toPkcs12Asn1(privateKeyOf(privateKey), pki.certificateFromPem(certificate), passphrase, { algorithm: 'aes256', friendlyName: 'MESH sandbox client' });
	return Buffer.from(asn1.toDer(packed).getBytes(), 'binary');
}

const privateKeyOf = (pem: string) => pki.privateKeyFromPem(pem);

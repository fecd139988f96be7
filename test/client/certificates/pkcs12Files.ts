import { execFileSync } from 'node:child_process';
import { asn1, hmac, pkcs12, pki, random, rc2, util } from 'node-forge';
import type { asn1 as Asn1Types } from 'node-forge';

type Asn1 = Asn1Types.Asn1;

/** `pbeWithSHAAnd40BitRC2-CBC` (RFC 7292, appendix C): what Windows and old OpenSSL wrote certificates with. */
const RC2_40 = '1.2.840.113549.1.12.1.6';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const DATA = '1.2.840.113549.1.7.1';
const ROUNDS = 2048;

const { Class, Type } = asn1;
const sequence = (...values: Asn1[]) => asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, values);
const oid = (value: string) => asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(value).getBytes());
const octets = (value: string) => asn1.create(Class.UNIVERSAL, Type.OCTETSTRING, false, value);
const integer = (value: number) => asn1.create(Class.UNIVERSAL, Type.INTEGER, false, asn1.integerToDer(value).getBytes());
const explicit = (...values: Asn1[]) => asn1.create(Class.CONTEXT_SPECIFIC, 0, true, values);
const children = (value: Asn1) => value.value as Asn1[];

/** A PKCS#12 file whose certificate is encrypted with 40-bit RC2, as forge reads but no longer writes. */
export function legacyPkcs12(certificatePem: string, keyPem: string, passphrase: string): Buffer {
	const modern = pkcs12.toPkcs12Asn1(pki.privateKeyFromPem(keyPem), pki.certificateFromPem(certificatePem), passphrase, {
		algorithm: '3des',
		useMac: true,
	});
	const [version, authSafe] = children(modern);
	const safeDer = children(children(authSafe)[1])[0].value as string;
	const [certificates, ...others] = children(asn1.fromDer(safeDer));
	const bags = children(children(certificates)[1])[0].value as string;
	const content = asn1.toDer(sequence(encrypted(bags, passphrase), ...others)).getBytes();
	return Buffer.from(
		asn1.toDer(sequence(version, sequence(oid(DATA), explicit(octets(content))), mac(content, passphrase))).getBytes(),
		'binary',
	);
}

/**
 * A PKCS#12 file as OpenSSL makes it of one key and several certificates, the first that fits the key first.
 * @param encryption of the certificates: `AES-256-CBC`, `PBE-SHA1-3DES` or `NONE`
 */
export function opensslPkcs12(keyPem: string, certificatesPem: string, passphrase: string, encryption: string, ...more: string[]): Buffer {
	const options = [
		'-certpbe',
		encryption,
		'-keypbe',
		encryption === 'NONE' ? 'AES-256-CBC' : encryption,
		'-passout',
		`pass:${passphrase}`,
		...more,
	];
	// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- a real tool makes the file; tests are not published
	return execFileSync('openssl', ['pkcs12', '-export', ...options], {
		input: `${keyPem}\n${certificatesPem}`,
		stdio: ['pipe', 'pipe', 'ignore'],
	});
}

/** A keystore with several keys, as Java's keytool keeps them, each with its certificate. */
export function keystore(entries: Array<{ keyPem: string; certificatePem: string }>, passphrase: string): Buffer {
	const safes = entries.flatMap(({ keyPem, certificatePem }) => {
		const [, authSafe] = children(
			pkcs12.toPkcs12Asn1(pki.privateKeyFromPem(keyPem), pki.certificateFromPem(certificatePem), passphrase, {
				algorithm: 'aes256',
				useMac: false,
			}),
		);
		return children(asn1.fromDer(children(children(authSafe)[1])[0].value as string));
	});
	const content = asn1.toDer(sequence(...safes)).getBytes();
	return Buffer.from(
		asn1.toDer(sequence(integer(3), sequence(oid(DATA), explicit(octets(content))), mac(content, passphrase))).getBytes(),
		'binary',
	);
}

function encrypted(plain: string, passphrase: string): Asn1 {
	const salt = random.getBytesSync(8);
	const key = pkcs12.generateKey(passphrase, util.createBuffer(salt), 1, ROUNDS, 5);
	const iv = pkcs12.generateKey(passphrase, util.createBuffer(salt), 2, ROUNDS, 8);
	const cipher = rc2.createEncryptionCipher(key.getBytes(), 40);
	cipher.start(iv, undefined as never);
	cipher.update(util.createBuffer(plain));
	cipher.finish();
	const data = asn1.create(Class.CONTEXT_SPECIFIC, 0, false, cipher.output.getBytes());
	const algorithm = sequence(oid(RC2_40), sequence(octets(salt), integer(ROUNDS)));
	return sequence(oid(ENCRYPTED_DATA), explicit(sequence(integer(0), sequence(oid(DATA), algorithm, data))));
}

function mac(content: string, passphrase: string): Asn1 {
	const salt = random.getBytesSync(8);
	const key = pkcs12.generateKey(passphrase, util.createBuffer(salt), 3, ROUNDS, 20);
	const sum = hmac.create();
	sum.start('sha1', key as never);
	sum.update(content);
	const sha1 = sequence(oid(String(pki.oids.sha1)), asn1.create(Class.UNIVERSAL, Type.NULL, false, ''));
	return sequence(sequence(sha1, octets(sum.getMac().getBytes())), octets(salt), integer(ROUNDS));
}

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
	const modern = pkcs12.toPkcs12Asn1(pki.privateKeyFromPem(keyPem), pki.certificateFromPem(certificatePem), passphrase, { algorithm: '3des', useMac: true });
	const [version, authSafe] = children(modern);
	const safeDer = children(children(authSafe)[1])[0].value as string;
	const [certificates, ...others] = children(asn1.fromDer(safeDer));
	const bags = children(children(certificates)[1])[0].value as string;
	const content = asn1.toDer(sequence(encrypted(bags, passphrase), ...others)).getBytes();
	return Buffer.from(asn1.toDer(sequence(version, sequence(oid(DATA), explicit(octets(content))), mac(content, passphrase))).getBytes(), 'binary');
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

import { asn1, hmac, md, pem, pkcs12, pki, random, util, type asn1 as Asn1Types } from 'node-forge';
import type { KeyPair } from '../contract/sandbox';

type Node = Asn1Types.Asn1;

const { Class, Type, create, oidToDer, toDer, fromDer, integerToDer } = asn1;
const ITERATIONS = 2048;

/**
 * Packs a certificate and its key as PKCS#12 (RFC 7292) that OpenSSL 3 opens without its legacy provider: the key under
 * AES-256, the certificate in the clear. node-forge's own packer takes RSA only, hence this one from its parts.
 */
export function toPkcs12({ certificate, privateKey }: KeyPair, passphrase: string): Buffer {
	const key = fromDer(pem.decode(privateKey)[0].body);
	const shroudedKey = pki.encryptPrivateKeyInfo(key, passphrase, { algorithm: 'aes256', count: ITERATIONS });
	const x509Certificate = sequence(oid('1.2.840.113549.1.9.22.1'), explicit(octets(pem.decode(certificate)[0].body)));
	const contents = sequence(
		data(sequence(bag('1.2.840.113549.1.12.10.1.3', x509Certificate))),
		data(sequence(bag('1.2.840.113549.1.12.10.1.2', shroudedKey))),
	);
	const authenticated = toDer(contents).getBytes();
	const version = create(Class.UNIVERSAL, Type.INTEGER, false, integerToDer(3).getBytes());
	const file = sequence(version, sequence(oid('1.2.840.113549.1.7.1'), explicit(octets(authenticated))), mac(authenticated, passphrase));
	return Buffer.from(toDer(file).getBytes(), 'binary');
}

/** HMAC-SHA1 over the contents, with a key derived from the passphrase. */
function mac(authenticated: string, passphrase: string): Node {
	const salt = random.getBytesSync(8);
	const sha1 = md.sha1.create();
	const key = pkcs12.generateKey(passphrase, util.createBuffer(salt), 3, ITERATIONS, 20);
	const digest = hmac.create();
	digest.start(sha1, key);
	digest.update(authenticated);
	const algorithm = sequence(oid('1.3.14.3.2.26'), create(Class.UNIVERSAL, Type.NULL, false, ''));
	return sequence(
		sequence(algorithm, octets(digest.getMac().getBytes())),
		octets(salt),
		create(Class.UNIVERSAL, Type.INTEGER, false, integerToDer(ITERATIONS).getBytes()),
	);
}

const sequence = (...nodes: Node[]): Node => create(Class.UNIVERSAL, Type.SEQUENCE, true, nodes);
const explicit = (node: Node): Node => create(Class.CONTEXT_SPECIFIC, 0, true, [node]);
const octets = (bytes: string): Node => create(Class.UNIVERSAL, Type.OCTETSTRING, false, bytes);
const oid = (dotted: string): Node => create(Class.UNIVERSAL, Type.OID, false, oidToDer(dotted).getBytes());

/** A content that carries its bytes as they are. */
const data = (node: Node): Node => sequence(oid('1.2.840.113549.1.7.1'), explicit(octets(toDer(node).getBytes())));

/** One certificate or key, with the attribute that pairs them up. */
function bag(kind: string, value: Node): Node {
	const pair = sequence(oid('1.2.840.113549.1.9.21'), create(Class.UNIVERSAL, Type.SET, true, [octets('\x01')]));
	return sequence(oid(kind), explicit(value), create(Class.UNIVERSAL, Type.SET, true, [pair]));
}

import { X509Certificate, createDecipheriv, createHash, createPrivateKey, pbkdf2Sync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** Certificates and private keys of a PKCS#12 file, in its order. */
export interface Pkcs12Contents {
	certificates: X509Certificate[];
	keys: KeyObject[];
}

/**
 * Everything that a PKCS#12 file holds (RFC 7292). Node's TLS takes the first key of a file and the first certificate that fits it,
 * which after a renewal may be the expired one, so the others have to be seen as well. `undefined` for a form that is not known
 * here: Node's own choice then stands. The file has been opened by TLS before, so its integrity is checked.
 */
export function pkcs12Contents(pkcs12: Buffer, passphrase = ''): Pkcs12Contents | undefined {
	try {
		const contents: Pkcs12Contents = { certificates: [], keys: [] };
		const [, authenticatedSafe] = parts(read(pkcs12));
		for (const safe of parts(read(dataOf(authenticatedSafe)))) readBags(safeContents(safe, passphrase), passphrase, contents);
		return contents;
	} catch {
		return undefined;
	}
}

/** Whether the file can be checked with a passphrase at all: OpenSSL's `-nomac` leaves that out. */
export function hasMac(pkcs12: Buffer): boolean {
	try {
		return parts(read(pkcs12)).length > 2;
	} catch {
		return true; // Not definite-length DER: left to TLS.
	}
}

/** Object identifiers (RFC 7292, RFC 8018). */
const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const BAG_TYPES = {
	key: '1.2.840.113549.1.12.10.1.1',
	shroudedKey: '1.2.840.113549.1.12.10.1.2',
	certificate: '1.2.840.113549.1.12.10.1.3',
	nested: '1.2.840.113549.1.12.10.1.6',
};
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';

function safeContents(contentInfo: Der, passphrase: string): Buffer {
	const [type, wrapped] = parts(contentInfo);
	if (oid(type) === DATA) return dataOf(contentInfo);
	if (oid(type) !== ENCRYPTED_DATA) throw new Error('enveloped for somebody');
	const [, encrypted] = parts(parts(wrapped)[0]);
	const [, algorithm, content] = parts(encrypted);
	return decrypt(algorithm, octets(content), passphrase);
}

function readBags(safe: Buffer, passphrase: string, contents: Pkcs12Contents): void {
	for (const bag of parts(read(safe))) {
		const [type, wrapped] = parts(bag);
		const [value] = parts(wrapped);
		if (oid(type) === BAG_TYPES.key) contents.keys.push(createPrivateKey({ key: value.whole, format: 'der', type: 'pkcs8' }));
		// OpenSSL decrypts keys itself; only certificates have to be decrypted here.
		else if (oid(type) === BAG_TYPES.shroudedKey)
			contents.keys.push(createPrivateKey({ key: value.whole, format: 'der', type: 'pkcs8', passphrase }));
		else if (oid(type) === BAG_TYPES.nested) readBags(value.whole, passphrase, contents);
		else if (oid(type) === BAG_TYPES.certificate) {
			const [kind, inside] = parts(value);
			if (oid(kind) === X509_CERTIFICATE) contents.certificates.push(new X509Certificate(octets(parts(inside)[0])));
		}
	}
}

/** The bytes of a ContentInfo of the type data: an octet string behind an explicit tag. */
function dataOf(contentInfo: Der): Buffer {
	return octets(parts(parts(contentInfo)[1])[0]);
}

const PBES2 = '1.2.840.113549.1.5.13';
const PBE_SHA1_3DES = '1.2.840.113549.1.12.1.3';
const DIGESTS: Readonly<Record<string, string>> = {
	'1.2.840.113549.2.7': 'sha1',
	'1.2.840.113549.2.8': 'sha224',
	'1.2.840.113549.2.9': 'sha256',
	'1.2.840.113549.2.10': 'sha384',
	'1.2.840.113549.2.11': 'sha512',
};
const CIPHERS: Readonly<Record<string, [name: string, keyBytes: number]>> = {
	'2.16.840.1.101.3.4.1.2': ['aes-128-cbc', 16],
	'2.16.840.1.101.3.4.1.22': ['aes-192-cbc', 24],
	'2.16.840.1.101.3.4.1.42': ['aes-256-cbc', 32],
	'1.2.840.113549.3.7': ['des-ede3-cbc', 24],
};
/** More rounds than any tool writes would only hold n8n up. */
const MAX_ITERATIONS = 10_000_000;

function decrypt(algorithm: Der, content: Buffer, passphrase: string): Buffer {
	const [type, parameters] = parts(algorithm);
	if (oid(type) === PBE_SHA1_3DES) {
		const [salt, iterations] = parts(parameters);
		const derive = (purpose: number, length: number) => pkcs12Key(passphrase, salt.content, count(iterations), purpose, length);
		return decipher('des-ede3-cbc', derive(1, 24), derive(2, 8), content);
	}
	if (oid(type) !== PBES2) throw new Error('unknown encryption');
	const [derivation, encryption] = parts(parameters);
	const [salt, iterations, ...more] = parts(parts(derivation)[1]);
	const prf = more.find(({ tag }) => tag === 0x30);
	const digest = prf === undefined ? 'sha1' : DIGESTS[oid(parts(prf)[0])];
	const [cipherType, iv] = parts(encryption);
	const [cipher, keyBytes] = CIPHERS[oid(cipherType)];
	return decipher(cipher, pbkdf2Sync(passphrase, salt.content, count(iterations), keyBytes, digest), iv.content, content);
}

function decipher(name: string, key: Buffer, iv: Buffer, content: Buffer): Buffer {
	const cipher = createDecipheriv(name, key, iv);
	return Buffer.concat([cipher.update(content), cipher.final()]);
}

/** PKCS#12's own key derivation with SHA-1 (RFC 7292, appendix B.2). */
function pkcs12Key(passphrase: string, salt: Buffer, iterations: number, purpose: number, length: number): Buffer {
	const block = 64;
	const filled = (bytes: Buffer) => (bytes.length === 0 ? bytes : Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes));
	const password = Buffer.from(`${passphrase}\0`, 'utf16le').swap16();
	const input = Buffer.concat([filled(salt), filled(password)]);
	const key: Buffer[] = [];
	for (let have = 0; have < length; have += 20) {
		let digest = Buffer.concat([Buffer.alloc(block, purpose), input]);
		for (let round = 0; round < iterations; round++) digest = createHash('sha1').update(digest).digest();
		key.push(digest);
		const addend = (BigInt(`0x${Buffer.alloc(block, digest).toString('hex')}`) + 1n) % (1n << 512n);
		for (let at = 0; at < input.length; at += block) {
			const sum = (BigInt(`0x${input.toString('hex', at, at + block)}`) + addend) % (1n << 512n);
			input.write(sum.toString(16).padStart(block * 2, '0'), at, 'hex');
		}
	}
	return Buffer.concat(key).subarray(0, length);
}

/** One element of DER: tag, length, content. */
interface Der {
	tag: number;
	content: Buffer;
	/** With tag and length. */
	whole: Buffer;
}

function read(bytes: Buffer): Der {
	const first = bytes[1];
	const lengthBytes = first & 0x80 ? first & 0x7f : 0;
	if (first === 0x80 || lengthBytes > 4 || bytes.length < 2 + lengthBytes) throw new Error('no definite length');
	const length = lengthBytes === 0 ? first : bytes.readUIntBE(2, lengthBytes);
	const start = 2 + lengthBytes;
	if (bytes.length < start + length) throw new Error('cut off');
	return { tag: bytes[0], content: bytes.subarray(start, start + length), whole: bytes.subarray(0, start + length) };
}

function parts({ content }: Der): Der[] {
	const found: Der[] = [];
	for (let rest = content; rest.length > 0; rest = rest.subarray(found[found.length - 1].whole.length)) found.push(read(rest));
	return found;
}

/** An octet string; long ones may come in pieces. */
function octets(element: Der): Buffer {
	return element.tag & 0x20 ? Buffer.concat(parts(element).map(octets)) : element.content;
}

/** An object identifier in dotted form; the two parts of its first byte are 40 apart (X.690). */
function oid({ content }: Der): string {
	const numbers = [Math.floor(content[0] / 40), content[0] % 40, 0];
	for (const byte of content.subarray(1)) {
		numbers.push((numbers.pop() ?? 0) * 128 + (byte & 0x7f));
		if (!(byte & 0x80)) numbers.push(0);
	}
	return numbers.slice(0, -1).join('.');
}

function count({ content }: Der): number {
	const number = Number(BigInt(`0x${content.toString('hex')}`));
	if (number > MAX_ITERATIONS) throw new Error('too many iterations');
	return number;
}

import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { errorCode, invalidCredential } from '../errors';
import type { MeshError } from '../errors';

/** One `-----BEGIN ...-----` block of a pasted text, clean again. */
interface PemBlock {
	/** Such as `CERTIFICATE` or `ENCRYPTED PRIVATE KEY`. */
	label: string;
	/** In lines of 64 characters, with a line break at the end. */
	pem: string;
	/** Encrypted in OpenSSL's traditional form, by headers inside the block. */
	hasEncryptionHeaders: boolean;
}

/** A certificate has about 2 kB; a CA bundle of all NHS environments less than 40. */
const MAX_TEXT = 1_000_000;

/**
 * The PEM blocks in a text as people paste it: line breaks lost, turned into spaces or into `\n`, CRLF, text before and
 * between, dashes that a word processor made prettier. Throws `MESH_INVALID_CREDENTIAL` for a certificate or key that is cut off
 * or damaged; of other blocks, which files often hold beside them, only the label is kept.
 */
export function pemBlocks(text: string, parameter: string): PemBlock[] {
	if (text.length > MAX_TEXT)
		throw invalidCredential(
			parameter,
			`The ${TITLES[parameter] ?? parameter} is far too long`,
			'Paste the text of the file and nothing else.',
		);
	const normal = text
		.replace(/\\r|\\n/g, '\n')
		.replace(/[\u2010-\u2015\u2212]+(?=\s*(BEGIN|END) )/g, '-----')
		.replace(/((?:BEGIN|END) [A-Z0-9 ]{1,40}?)\s*[\u2010-\u2015\u2212]+/g, '$1-----');
	const blocks: PemBlock[] = [];
	const begin = /-----BEGIN ([A-Z0-9 ]{1,40})-----/g;
	for (let match = begin.exec(normal); match; match = begin.exec(normal)) {
		const [marker, label] = match;
		const start = match.index + marker.length;
		const end = normal.indexOf(`-----END ${label}-----`, start);
		const next = normal.indexOf('-----BEGIN ', start);
		const isCutOff = end === -1 || (next !== -1 && next < end);
		if (!WANTED.includes(label)) {
			blocks.push({ label, pem: '', hasEncryptionHeaders: false });
			if (!isCutOff) begin.lastIndex = end;
			continue;
		}
		if (isCutOff) {
			throw invalidCredential(
				parameter,
				`The ${TITLES[parameter] ?? parameter} is cut off: the last line of a block (${label}) is missing`,
				'Paste the whole text again, from the first to the last line of dashes.',
			);
		}
		blocks.push(block(label, normal.slice(start, end), parameter));
		begin.lastIndex = end;
	}
	return blocks;
}

const CERTIFICATE_NAMES = ['CERTIFICATE', 'X509 CERTIFICATE'];
const KEY_NAMES = ['PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY'];
const WANTED = [...CERTIFICATE_NAMES, ...KEY_NAMES];

/** What people call the fields. */
const TITLES: Readonly<Record<string, string>> = {
	clientCertificate: 'client certificate',
	privateKey: 'private key',
	pkcs12: 'PKCS#12 file',
	passphrase: 'passphrase',
	caCertificates: 'list of CA certificates',
};

function block(label: string, body: string, parameter: string): PemBlock {
	const { headers, content } = splitHeaders(body);
	const base64 = content.replace(/[\s\u00a0\u200b-\u200d\u2060\ufeff]+/g, '');
	if (base64 === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 === 1) {
		throw invalidCredential(
			parameter,
			`The ${TITLES[parameter] ?? parameter} is damaged: inside a block (${label}) there is something else than base64`,
			'Paste the text again as it is in the file.',
		);
	}
	const lines = base64.match(/.{1,64}/g) ?? [];
	const pem = [`-----BEGIN ${label}-----`, ...headers, ...lines, `-----END ${label}-----`, ''].join('\n');
	return { label, pem, hasEncryptionHeaders: headers.length > 0 };
}

/** Initialisation vectors in hexadecimal digits; needed where nothing separates one from the base64 that follows. */
const IV_DIGITS: ReadonlyArray<[cipher: RegExp, digits: number]> = [
	[/^AES-/, 32],
	[/^(DES-|RC2-)/, 16],
];

/** `Proc-Type` and `DEK-Info` of a key in OpenSSL's traditional encryption, which may have run together with the base64. */
function splitHeaders(body: string): { headers: string[]; content: string } {
	const match = /^\s*Proc-Type:\s*4,\s*ENCRYPTED\s*DEK-Info:\s*([A-Z0-9]+(?:-[A-Z0-9]+){1,3}),\s*/.exec(body);
	if (!match) return { headers: [], content: body };
	const [whole, cipher] = match;
	const rest = body.slice(whole.length);
	const digits = IV_DIGITS.find(([pattern]) => pattern.test(cipher))?.[1] ?? /^[0-9A-Fa-f]*/.exec(rest)?.[0].length ?? 0;
	return {
		headers: ['Proc-Type: 4,ENCRYPTED', `DEK-Info: ${cipher},${rest.slice(0, digits)}`, ''],
		content: rest.slice(digits),
	};
}

/** A certificate and the clean PEM that it was read from. */
export interface ReadCertificate {
	x509: X509Certificate;
	pem: string;
}

/** The certificates among the blocks of a field. Where there is none, what is there instead is named. */
export function readCertificates(blocks: PemBlock[], parameter: string): ReadCertificate[] {
	const seen = new Set<string>();
	const certificates = blocks
		.filter(({ label }) => CERTIFICATE_NAMES.includes(label))
		.map(({ pem }) => readCertificate(pem.replace(/X509 CERTIFICATE/g, 'CERTIFICATE'), parameter))
		.filter(({ x509 }) => !seen.has(x509.fingerprint256) && seen.add(x509.fingerprint256));
	const advice = blocks.map(({ label }) => MISTAKEN_FOR_CERTIFICATE[label]).find(Boolean);
	if (certificates.length === 0 && advice)
		throw invalidCredential(parameter, `The ${TITLES[parameter] ?? parameter} ${advice[0]}`, advice[1]);
	return certificates;
}

/** Blocks that people paste in place of a certificate. */
const MISTAKEN_FOR_CERTIFICATE: Readonly<Record<string, [is: string, doThis: string]>> = {
	'CERTIFICATE REQUEST': ['is a signing request, not a certificate', 'Paste the certificate that the NHS sent back for this request.'],
	'NEW CERTIFICATE REQUEST': ['is a signing request, not a certificate', 'Paste the certificate that the NHS sent back for this request.'],
	'TRUSTED CERTIFICATE': ['is in OpenSSL\'s "trusted" form', 'Convert it: openssl x509 -in old.pem -out new.pem'],
	PKCS7: ['is a PKCS#7 bundle', 'Convert it: openssl pkcs7 -in bundle.p7b -print_certs -out certificates.pem'],
	CMS: ['is a CMS bundle', 'Convert it: openssl pkcs7 -in bundle.p7b -print_certs -out certificates.pem'],
	'PUBLIC KEY': ['holds a public key, not a certificate', 'Paste the certificate.'],
};

function readCertificate(pem: string, parameter: string): ReadCertificate {
	try {
		return { x509: new X509Certificate(pem), pem };
	} catch {
		throw invalidCredential(
			parameter,
			`The ${TITLES[parameter] ?? parameter} cannot be read: a certificate in it is damaged`,
			'Paste the text again as it is in the file.',
		);
	}
}

/** A private key and the clean PEM that it was read from, still encrypted if it was. */
export interface ReadKey {
	key: KeyObject;
	pem: string;
}

const PARAMETER = 'privateKey';

/** The private keys of a text. */
export interface ReadKeys {
	keys: ReadKey[];
	/** What is wrong with the first block that is a key and cannot be used; it matters where no other key fits. */
	problem?: MeshError;
}

/** The private keys among the blocks: PKCS#8, PKCS#1 and EC, plain or encrypted. */
export function readPrivateKeys(blocks: PemBlock[], passphrase: string | undefined): ReadKeys {
	const keys: ReadKey[] = [];
	let problem: MeshError | undefined;
	for (const block of blocks) {
		const advice = MISTAKEN_FOR_KEY[block.label];
		if (advice) problem ??= invalidCredential(PARAMETER, `The private key ${advice[0]}`, advice[1]);
		if (!KEY_NAMES.includes(block.label)) continue;
		const read = readPrivateKey(block, passphrase);
		if ('key' in read) keys.push(read);
		else problem ??= read;
	}
	return { keys, problem };
}

const MISTAKEN_FOR_KEY: Readonly<Record<string, [is: string, doThis: string]>> = {
	'OPENSSH PRIVATE KEY': ['is an SSH key', 'Paste the key that belongs to the MESH certificate.'],
	'DSA PRIVATE KEY': ['is a DSA key, which TLS no longer uses', 'Make an RSA or EC key and have it signed.'],
};

function readPrivateKey({ label, pem, hasEncryptionHeaders }: PemBlock, passphrase: string | undefined): ReadKey | MeshError {
	const encrypted = hasEncryptionHeaders || label === 'ENCRYPTED PRIVATE KEY';
	if (encrypted && !passphrase) {
		return invalidCredential(
			'passphrase',
			'The private key is encrypted, and the passphrase is missing',
			'Give the passphrase of the private key.',
		);
	}
	try {
		return { key: createPrivateKey({ key: pem, passphrase: passphrase ?? '' }), pem };
	} catch (error) {
		return unreadableKey(error, encrypted);
	}
}

function unreadableKey(error: unknown, encrypted: boolean): MeshError {
	const code = errorCode(error);
	if (!encrypted) {
		return invalidCredential(PARAMETER, 'The private key cannot be read: it is damaged', 'Paste the text again as it is in the file.');
	}
	if (code === 'ERR_OSSL_EVP_UNSUPPORTED' || code === 'ERR_OSSL_UNSUPPORTED') {
		return invalidCredential(
			PARAMETER,
			'The private key is encrypted with an old method that is no longer supported',
			'Convert it: openssl pkcs8 -provider legacy -provider default -in old.key -topk8 -out new.key',
		);
	}
	return invalidCredential(
		'passphrase',
		'The private key cannot be decrypted: the passphrase is wrong, or the key is damaged',
		'Check the passphrase. It is that of the private key, not the mailbox password.',
	);
}

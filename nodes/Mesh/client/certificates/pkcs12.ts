import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { errorCode, invalidCredential } from '../errors';
import type { MeshError } from '../errors';
import { hasMac, pkcs12Contents } from './pkcs12Contents';
import type { Pkcs12Contents } from './pkcs12Contents';

const PARAMETER = 'pkcs12';

const AS_BASE64 = 'Give the whole .p12 or .pfx file in base64: base64 -w0 client.p12';

/**
 * A PKCS#12 file from its base64 as people paste it: with line breaks, also escaped ones, as a data URL, or in the frame that
 * Windows' certutil writes. What was pasted by mistake is named.
 * @throws MeshError MESH_INVALID_CREDENTIAL
 */
export function pkcs12FromText(text: string): Buffer {
	const framed = /-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END /.exec(text);
	const body = (framed?.[2] ?? text.trim().replace(/^data:[^,]*,/i, '')).replace(/\\[rn]|[\s\u00a0\u200b-\u200d\u2060\ufeff]+/g, '');
	const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(body) && body.replace(/=+$/, '').length % 4 !== 1;
	const bytes = isBase64 ? Buffer.from(body, 'base64') : Buffer.alloc(0);
	if (looksLikePkcs12(bytes)) return bytes;
	if (framed) {
		throw invalidCredential(
			PARAMETER,
			`This is PEM text (${framed[1]}), not a PKCS#12 file`,
			"Set Client Certificate to 'PEM' and paste certificate and private key there, or give the .p12 or .pfx file in base64.",
		);
	}
	if (!isBase64) throw invalidCredential(PARAMETER, 'The PKCS#12 file is not in base64, or a part of it is missing', AS_BASE64);
	throw notPkcs12(bytes);
}

/** Other files that are kept under similar names. */
function notPkcs12(bytes: Buffer): MeshError {
	const magic = bytes.subarray(0, 4).toString('hex');
	if (magic === 'feedfeed' || magic === 'cececece') {
		return invalidCredential(
			PARAMETER,
			'This is a Java keystore (JKS), not a PKCS#12 file',
			'Convert it: keytool -importkeystore -srckeystore client.jks -destkeystore client.p12 -deststoretype PKCS12',
		);
	}
	// A sequence that begins with the object identifier of signed data.
	if (bytes[0] === 0x30 && bytes.subarray(0, 20).includes('06092a864886f70d010702', 0, 'hex')) {
		return invalidCredential(
			PARAMETER,
			'This is a PKCS#7 bundle (.p7b), which holds no private key',
			'Give the .p12 or .pfx file that was exported together with the private key.',
		);
	}
	if (isCertificate(bytes)) {
		return invalidCredential(
			PARAMETER,
			'This is a certificate alone (DER, .cer), without its private key',
			'Give the .p12 or .pfx file that holds both. A certificate and key in two files go in as PEM.',
		);
	}
	return invalidCredential(PARAMETER, 'This is not a complete PKCS#12 file', AS_BASE64);
}

function isCertificate(bytes: Buffer): boolean {
	if (bytes[0] !== 0x30) return false; // X509Certificate reads PEM as well
	try {
		return new X509Certificate(bytes).subject !== undefined;
	} catch {
		return false;
	}
}

/** What a PKCS#12 file holds, as far as it can be seen. */
interface ReadPkcs12 {
	/** The certificate that TLS would use; absent where this version of Node does not tell. */
	leaf?: X509Certificate;
	contents?: Pkcs12Contents;
}

/** Opens a PKCS#12 file as TLS would. Throws `MESH_INVALID_CREDENTIAL` with what to do. */
export function readPkcs12(pkcs12: Buffer, passphrase: string | undefined): ReadPkcs12 {
	if (!looksLikePkcs12(pkcs12)) throw notPkcs12(pkcs12);
	try {
		const leaf = leafOf(createSecureContext({ pfx: pkcs12, passphrase: passphrase ?? '' }));
		return { leaf, contents: pkcs12Contents(pkcs12, passphrase) };
	} catch (error) {
		if (!hasMac(pkcs12)) {
			throw invalidCredential(
				PARAMETER,
				'The PKCS#12 file has no integrity check (MAC), without which TLS does not open it',
				'Export it again without the option -nomac.',
			);
		}
		throw unreadable(error, passphrase);
	}
}

/**
 * Node says "mac verify failure" without a code both for a wrong passphrase and, in other words, for what is no PKCS#12 at all:
 * so the outermost structure (RFC 7292: a sequence that begins with version 3) is checked here.
 */
function looksLikePkcs12(bytes: Buffer): boolean {
	if (bytes.length < 16 || bytes[0] !== 0x30) return false;
	if (bytes[1] === 0x80) return bytes.indexOf('020103', 2, 'hex') === 2; // length not told
	const lengthBytes = bytes[1] & 0x80 ? bytes[1] & 0x7f : 0;
	if (lengthBytes > 4) return false;
	const length = lengthBytes === 0 ? bytes[1] : bytes.readUIntBE(2, lengthBytes);
	const start = 2 + lengthBytes;
	return bytes.length >= start + length && bytes.indexOf('020103', start, 'hex') === start;
}

function unreadable(error: unknown, passphrase: string | undefined) {
	const code = errorCode(error);
	if (code === 'ERR_CRYPTO_UNSUPPORTED_OPERATION') {
		return invalidCredential(
			PARAMETER,
			'The PKCS#12 file uses an old encryption (RC2) that is no longer supported',
			'Convert it: openssl pkcs12 -legacy -in old.p12 -nodes -out all.pem, then openssl pkcs12 -export -in all.pem -out new.p12. Delete all.pem afterwards.',
		);
	}
	if (code === 'ERR_CRYPTO_OPERATION_FAILED') {
		return invalidCredential(
			PARAMETER,
			'The PKCS#12 file does not hold both a certificate and its private key',
			'Export it again together with the private key.',
		);
	}
	return invalidCredential(
		'passphrase',
		passphrase
			? 'The PKCS#12 file cannot be opened: the passphrase is wrong, or the file is damaged'
			: 'The PKCS#12 file cannot be opened without its passphrase',
		'Give the passphrase that was set when the file was exported.',
	);
}

/** Node's documented interface does not show the certificate of a PKCS#12 file, the object beneath it does. */
function leafOf(secureContext: SecureContext): X509Certificate | undefined {
	const { context } = secureContext as { context?: { getCertificate?: () => unknown } };
	const der = context?.getCertificate?.();
	return Buffer.isBuffer(der) ? new X509Certificate(der) : undefined;
}

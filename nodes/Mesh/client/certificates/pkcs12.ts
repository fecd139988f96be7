import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { errorCode, invalidCredential } from '../errors';

const PARAMETER = 'pkcs12';

/** What a PKCS#12 file holds, as far as Node lets one see it. */
interface ReadPkcs12 {
	/** Absent where this version of Node does not tell. */
	leaf?: X509Certificate;
}

/** Opens a PKCS#12 file as TLS would. Throws `MESH_INVALID_CREDENTIAL` with what to do. */
export function readPkcs12(pkcs12: Buffer, passphrase: string | undefined): ReadPkcs12 {
	if (!looksLikePkcs12(pkcs12)) {
		throw invalidCredential(
			PARAMETER,
			'This is not a complete PKCS#12 file',
			'Give the whole .p12 or .pfx file in base64: base64 -w0 client.p12',
		);
	}
	try {
		return { leaf: leafOf(createSecureContext({ pfx: pkcs12, passphrase: passphrase ?? '' })) };
	} catch (error) {
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

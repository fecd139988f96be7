import { createCipheriv, createHmac, type CipherGCMTypes } from 'node:crypto';

/** TLS alert descriptions (RFC 8446, section 6). */
export const ALERTS = { certificateExpired: 45, unknownCa: 48 } as const;

const FATAL = 2;
const ALERT_RECORD = 21;
const TAG_BYTES = 16;

/**
 * A fatal alert as the first record under the server's traffic secret of a TLS 1.3 connection.
 * `cipher` is the suite's standard name. Undefined for a suite not listed below.
 */
export function encryptedAlert(description: number, trafficSecret: Buffer, cipher: string): Buffer | undefined {
	const suite = suites[cipher];
	if (!suite) return undefined;
	const key = expandLabel(suite.hash, trafficSecret, 'key', suite.keyBytes);
	const nonce = expandLabel(suite.hash, trafficSecret, 'iv', 12);
	const plain = Buffer.from([FATAL, description, ALERT_RECORD]);
	const header = Buffer.from([23, 3, 3, 0, plain.length + TAG_BYTES]);
	const encrypt = createCipheriv(suite.algorithm, key, nonce);
	encrypt.setAAD(header);
	return Buffer.concat([header, encrypt.update(plain), encrypt.final(), encrypt.getAuthTag()]);
}

/** A fatal alert in the clear: right in TLS 1.2 as long as the server has not finished its handshake. */
export const plainAlert = (description: number): Buffer => Buffer.from([ALERT_RECORD, 3, 3, 0, 2, FATAL, description]);

/** The AES suites of TLS 1.3; ChaCha20 is left out, since every client that has it offers AES before it. */
const suites: Record<string, { hash: string; keyBytes: number; algorithm: CipherGCMTypes } | undefined> = {
	TLS_AES_128_GCM_SHA256: { hash: 'sha256', keyBytes: 16, algorithm: 'aes-128-gcm' },
	TLS_AES_256_GCM_SHA384: { hash: 'sha384', keyBytes: 32, algorithm: 'aes-256-gcm' },
};

/** HKDF-Expand-Label with an empty context (RFC 8446, section 7.1); one block of output is enough for keys. */
function expandLabel(hash: string, secret: Buffer, name: string, length: number): Buffer {
	const label = Buffer.from(`tls13 ${name}`);
	const info = Buffer.concat([Buffer.from([0, length, label.length]), label, Buffer.from([0, 1])]);
	return createHmac(hash, secret).update(info).digest().subarray(0, length);
}

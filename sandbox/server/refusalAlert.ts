import { createCipheriv, createHmac } from 'node:crypto';
import type { CipherGCMTypes } from 'node:crypto';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * Makes the server say why it refuses a client certificate, as MESH does with the alert `unknown_ca`.
 * Node alone only cuts such a connection, which clients cannot tell from a network failure: it lets OpenSSL accept every
 * certificate and destroys the socket afterwards. At that moment nothing has been sent under the new keys, so the alert
 * is the first record, written beneath TLS with the secret that Node hands out for key logs. `tell` gets OpenSSL's code.
 */
export function sendRefusalAlerts(
	server: Server,
	plainSocketOf: (socket: TLSSocket) => Socket | undefined,
	tell: (socket: TLSSocket, code: string) => void,
): void {
	server.on('keylog', (line: Buffer, socket: TLSSocket) => {
		const [kind, , secret] = line.toString('latin1').trim().split(' ');
		if (kind !== 'SERVER_TRAFFIC_SECRET_0' && kind !== 'CLIENT_RANDOM') return;
		const destroy = socket.destroy.bind(socket);
		socket.destroy = (error?: Error) => {
			socket.destroy = destroy;
			if (socket.authorizationError) {
				tell(socket, String(socket.authorizationError));
				const alert = alertFor(socket, Buffer.from(secret, 'hex'));
				if (alert) plainSocketOf(socket)?.write(alert);
			}
			return destroy(error);
		};
	});
}

function alertFor(socket: TLSSocket, trafficSecret: Buffer): Buffer | undefined {
	const isExpired = String(socket.authorizationError) === 'CERT_HAS_EXPIRED';
	const description = isExpired ? ALERTS.certificateExpired : ALERTS.unknownCa;
	if (socket.getProtocol() !== 'TLSv1.3') return plainAlert(description);
	return encryptedAlert(description, trafficSecret, socket.getCipher().standardName);
}

/** TLS alert descriptions (RFC 8446, section 6). */
const ALERTS = { certificateExpired: 45, unknownCa: 48 } as const;

const FATAL = 2;
const ALERT_RECORD = 21;
const TAG_BYTES = 16;

/**
 * A fatal alert as the first record under the server's traffic secret of a TLS 1.3 connection.
 * `cipher` is the suite's standard name. Undefined for a suite not listed below.
 */
function encryptedAlert(description: number, trafficSecret: Buffer, cipher: string): Buffer | undefined {
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
const plainAlert = (description: number): Buffer => Buffer.from([ALERT_RECORD, 3, 3, 0, 2, FATAL, description]);

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

import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ALERTS, encryptedAlert, plainAlert } from './tlsAlert';

/**
 * Makes the server say why it refuses a client certificate, as MESH does with the alert `unknown_ca`.
 * Node alone only cuts such a connection, which clients cannot tell from a network failure: it lets OpenSSL accept every
 * certificate and destroys the socket afterwards. At that moment nothing has been sent under the new keys, so the alert
 * is the first record, written beneath TLS with the secret that Node hands out for key logs. `tell` gets OpenSSL's code.
 */
export function sendRefusalAlerts(server: Server, plainSocketOf: (socket: TLSSocket) => Socket | undefined, tell: (socket: TLSSocket, code: string) => void): void {
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

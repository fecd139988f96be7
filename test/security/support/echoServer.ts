import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { CertificateSet } from '../../../sandbox';

/** A request as the server saw it, its body read. */
export interface Seen {
	method: string;
	path: string;
	headers: IncomingMessage['headers'];
	body: string;
	socket: TLSSocket;
	/** SHA-256 fingerprint of the client's certificate, taken while the connection is open. */
	clientFingerprint: string;
}

export interface EchoServer {
	readonly url: string;
	readonly seen: Seen[];
	/** What it answers from now on. */
	answer: (seen: Seen, response: ServerResponse) => void;
	/** Connections that are open now. */
	open(): number;
	close(): Promise<void>;
}

/** A server behind mutual TLS that answers as a test wants, with whatever the request held. */
export async function startEchoServer({ ca, server: { certificate, privateKey } }: CertificateSet): Promise<EchoServer> {
	const sockets = new Set<TLSSocket>();
	const seen: Seen[] = [];
	const server = createServer(
		{ cert: certificate, key: privateKey, ca, requestCert: true, rejectUnauthorized: true },
		(request, response) => {
			const socket = request.socket as TLSSocket;
			const clientFingerprint = socket.getPeerCertificate().fingerprint256;
			const pieces: Buffer[] = [];
			request.on('data', (piece: Buffer) => pieces.push(piece));
			request.on('end', () => {
				const { method = '', url = '', headers } = request;
				const one = { method, path: url, headers, body: Buffer.concat(pieces).toString('latin1'), socket, clientFingerprint };
				seen.push(one);
				echo.answer(one, response);
			});
		},
	);
	server.on('secureConnection', (socket) => {
		sockets.add(socket);
		socket.on('error', () => socket.destroy());
		socket.on('close', () => sockets.delete(socket));
	});
	await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
	const echo: EchoServer = {
		url: `https://localhost:${(server.address() as AddressInfo).port}`,
		seen,
		answer: (_seen, response) => response.end(),
		open: () => sockets.size,
		async close() {
			server.closeAllConnections();
			await new Promise((closed) => server.close(closed));
		},
	};
	return echo;
}

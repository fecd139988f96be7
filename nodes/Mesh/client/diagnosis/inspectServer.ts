import { connect } from 'node:tls';
import type { SecureContext, TLSSocket } from 'node:tls';
import { describeCertificate } from '../certificates/describeCertificate';
import type { CertificateDescription } from '../certificates/describeCertificate';
import { abortedError } from '../failures/aborted';
import { networkError } from '../failures/networkError';

export interface ServerInspection {
	/** Such as `TLSv1.3`. */
	tlsVersion?: string;
	certificate?: CertificateDescription;
	/** False when the certificate would be refused. */
	trusted: boolean;
}

const CALL = 'look at the server';

/**
 * One TLS handshake, to see who answers, and nothing else: no request is made over it. So a certificate that is not trusted
 * can be shown, where a real call ends without having seen it. Throws `MeshError` when no TLS connection comes about.
 * @param secureContext our certificate and whom we trust; without it nobody is trusted but Node's own list
 */
export async function inspectServer(
	origin: string,
	{ secureContext, timeoutMs, signal }: { secureContext?: SecureContext; timeoutMs: number; signal?: AbortSignal },
): Promise<ServerInspection> {
	const { hostname, port, host } = new URL(origin);
	if (signal?.aborted) throw abortedError(CALL);
	let socket: TLSSocket | undefined;
	let onAbort = () => {};
	try {
		return await new Promise<ServerInspection>((resolve, reject) => {
			socket = connect({
				host: hostname.replace(/^\[|\]$/g, ''),
				port: Number(port || 443),
				secureContext,
				minVersion: 'TLSv1.2',
				rejectUnauthorized: false, // judged by `authorized` below
				timeout: timeoutMs,
				...(/^[\d.]+$|:/.test(hostname) ? {} : { servername: hostname }),
			});
			socket.once('secureConnect', () => resolve(inspectionOf(socket)));
			socket.once('timeout', () => reject(Object.assign(new Error('timeout'), { code: 'UND_ERR_CONNECT_TIMEOUT' })));
			socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })));
			socket.on('error', reject);
			onAbort = () => reject(abortedError(CALL));
			signal?.addEventListener('abort', onAbort, { once: true });
		});
	} catch (error) {
		throw networkError(error, { call: CALL, host, sent: false });
	} finally {
		signal?.removeEventListener('abort', onAbort);
		socket?.destroy();
	}
}

function inspectionOf(socket: TLSSocket | undefined): ServerInspection {
	const x509 = socket?.getPeerX509Certificate();
	return {
		tlsVersion: socket?.getProtocol() ?? undefined,
		certificate: x509 && describeCertificate(x509),
		trusted: socket?.authorized === true,
	};
}

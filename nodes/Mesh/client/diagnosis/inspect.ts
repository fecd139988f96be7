import { connect } from 'node:tls';
import type { SecureContext, TLSSocket } from 'node:tls';
import { pemBlocks, readCertificates, readPrivateKeys } from '../certificates/pem';
import { describeCertificate, describeCertificateText, describeClientCertificate, secureContextOf } from '../certificates/tlsMaterial';
import type { CertificateDescription, TlsMaterial } from '../certificates/tlsMaterial';
import { abortedError } from '../errors';
import { networkError } from '../http/networkErrors';

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
			socket.once('timeout', () => reject(Object.assign(new Error('timeout'), { code: 'MESH_CONNECT_TIMEOUT' })));
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

interface ClientCertificateExamination {
	certificate?: CertificateDescription;
	/** Undefined when there is no pair, or one of the two cannot be read. */
	keyMatches?: boolean;
	/** Why the material cannot be used: `MESH_INVALID_CREDENTIAL`. */
	problem?: unknown;
}

/** Looks at our own certificate and key; a certificate that cannot be used is described all the same. */
export function examineClientCertificate(material: TlsMaterial, mailboxId?: string): ClientCertificateExamination {
	const certificate =
		attempt(() => describeClientCertificate(material, undefined, mailboxId)) ??
		attempt(() => describeCertificateText(`${material.clientCertificate ?? ''}\n${material.privateKey ?? ''}`));
	return { certificate, keyMatches: attempt(() => keyMatches(material)), problem: problemOf(material, mailboxId) };
}

function keyMatches({ pkcs12, clientCertificate = '', privateKey = '', passphrase }: TlsMaterial): boolean | undefined {
	// A PKCS#12 file opens only with a pair that belongs together.
	if (pkcs12) return describeClientCertificate({ pkcs12, passphrase }) && true;
	const blocks = [...pemBlocks(clientCertificate, 'clientCertificate'), ...pemBlocks(privateKey, 'privateKey')];
	const certificates = readCertificates(blocks, 'clientCertificate');
	const { keys } = readPrivateKeys(blocks, passphrase);
	if (certificates.length === 0 || keys.length === 0) return undefined;
	return keys.some(({ key }) => certificates.some(({ x509 }) => x509.checkPrivateKey(key)));
}

function problemOf(material: TlsMaterial, mailboxId?: string): unknown {
	try {
		secureContextOf(material, mailboxId);
		return undefined;
	} catch (error) {
		return error;
	}
}

/** What cannot be found out is left out; what is wrong is told by `problem`. */
function attempt<T>(find: () => T): T | undefined {
	try {
		return find();
	} catch {
		return undefined;
	}
}

import type { SecureContext, TLSSocket } from 'node:tls';
import { pemBlocks, readCertificates, readPrivateKeys } from '../certificates/pem';
import { describeCertificate, describeCertificateText, describeClientCertificate, secureContextOf } from '../certificates/tlsMaterial';
import type { CertificateDescription, TlsMaterial } from '../certificates/tlsMaterial';
import { abortedError } from '../errors';
import { connectorTo, inTime } from '../http/connect';
import { networkError } from '../http/networkErrors';
import { proxyTo } from '../http/proxy';
import type { MeshRuntime } from '../runtime';

export interface ServerInspection {
	/** Such as `TLSv1.3`. */
	tlsVersion?: string;
	certificate?: CertificateDescription;
	/** False when the certificate would be refused. */
	trusted: boolean;
}

const CALL = 'look at the server';

interface Looking {
	/** Our certificate and whom we trust; without it nobody is trusted but Node's own list. */
	secureContext?: SecureContext;
	environment: NodeJS.ProcessEnv;
	timeoutMs: number;
	after: MeshRuntime['after'];
	signal?: AbortSignal;
}

/**
 * One TLS handshake, to see who answers, and nothing else: no request is made over it. So a certificate that is not trusted
 * can be shown, where a real call ends without having seen it. It goes the way that calls go, through a proxy where there is one.
 * Throws `MeshError` when no TLS connection comes about.
 */
export async function inspectServer(
	origin: string,
	{ secureContext, environment, timeoutMs, after, signal }: Looking,
): Promise<ServerInspection> {
	if (signal?.aborted) throw abortedError(CALL);
	let onAbort = () => {};
	try {
		const destination = { origin, secureContext, rejectUnauthorized: false, proxy: proxyTo(origin, environment) }; // judged by `authorized` below
		const connect = inTime(connectorTo(destination), (late) => after(timeoutMs, late));
		return await new Promise<ServerInspection>((resolve, reject) => {
			const stop = connect((error, socket) => {
				if (error !== null || socket === undefined) return reject(signal?.aborted ? abortedError(CALL) : (error ?? abortedError(CALL)));
				resolve(inspectionOf(socket as TLSSocket));
				socket.destroy();
			});
			onAbort = () => stop('cancelled');
			signal?.addEventListener('abort', onAbort, { once: true });
		});
	} catch (error) {
		throw networkError(error, { call: CALL, host: new URL(origin).host, sent: false });
	} finally {
		signal?.removeEventListener('abort', onAbort);
	}
}

function inspectionOf(socket: TLSSocket): ServerInspection {
	const x509 = socket.getPeerX509Certificate();
	return {
		tlsVersion: socket.getProtocol() ?? undefined,
		certificate: x509 && describeCertificate(x509),
		trusted: socket.authorized,
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

import type { SecureContext, TLSSocket } from 'node:tls';
import { pemBlocks, readCertificates, readPrivateKeys } from './certificates/pem';
import {
	commonNameFits,
	describeCertificate,
	describeCertificateText,
	describeClientCertificate,
	secureContextOf,
} from './certificates/tlsMaterial';
import type { CertificateDescription, TlsMaterial } from './certificates/tlsMaterial';
import { abortedError, asMeshError } from './errors';
import type { MeshError } from './errors';
import type { CallOptions } from './exchange';
import { connectorTo, inTime } from './http/connect';
import { isClosedOnUs, networkError } from './http/networkErrors';
import { proxyTo } from './http/proxy';
import { MeshClient } from './MeshClient';
import { runtime } from './runtime';
import type { MeshRuntime } from './runtime';
import { INTERACTIVE, checkBaseUrl, checkSettings } from './settings';
import type { MeshClientOptions } from './settings';

const CALL = 'check the connection';

export interface CheckConnectionOptions extends CallOptions {
	/** What was found wrong with the credential before; the rest is then examined without signing in. */
	problem?: MeshError;
}

/**
 * Finds out as much as it can about a connection, whatever is wrong with it: certificates, TLS, handshake, clock and inbox.
 * Throws `MESH_ABORTED` only; everything else is in the report.
 */
export async function checkConnection(
	options: MeshClientOptions,
	{ problem, signal }: CheckConnectionOptions = {},
): Promise<ConnectionReport> {
	const report: ConnectionReport = { reachable: false };
	const fail = (step: ConnectionStep, error: unknown) => {
		const meshError = asMeshError(error, CALL);
		if (meshError.code === 'MESH_ABORTED') throw meshError;
		report.failure ??= { step, error: meshError };
	};
	if (problem) fail('credential', problem);
	else
		attempt(
			() => checkSettings(options),
			(error) => fail('credential', error),
		);
	const mailboxId = options.mailboxId.trim();
	const own = examineClientCertificate(options.tls, mailboxId);
	report.clientCertificate = own.certificate;
	report.keyMatchesCertificate = own.keyMatches;
	report.commonNameFitsMailbox = commonNameFits(own.certificate?.commonName, mailboxId);
	if (own.problem !== undefined) fail('clientCertificate', own.problem);
	const server = await lookAtServer(options, signal, report);
	if (report.failure === undefined) await signIn(options, signal, { report, server, fail });
	return report;
}

/**
 * What is seen here is for information: what fails, fails in the real call as well, which explains it.
 */
async function lookAtServer(
	options: MeshClientOptions,
	signal: AbortSignal | undefined,
	report: ConnectionReport,
): Promise<ServerInspection | undefined> {
	const origin = attempt(() => checkBaseUrl(options.baseUrl));
	if (origin === undefined || !origin.startsWith('https:')) return undefined;
	const secureContext =
		attempt(() => secureContextOf(options.tls, options.mailboxId.trim())) ??
		attempt(() => secureContextOf({ caCertificates: options.tls.caCertificates }));
	const { environment = process.env, runtime: { after } = runtime } = options;
	const looking = { secureContext, environment, timeoutMs: INTERACTIVE.timeouts.connectMs, after: after ?? runtime.after, signal };
	const server = await inspectServer(origin, looking).catch(() => undefined);
	if (server !== undefined) {
		report.reachable = true;
		report.tlsVersion = server.tlsVersion;
		report.serverCertificate = server.certificate;
	}
	return server;
}

interface SignIn {
	report: ConnectionReport;
	server: ServerInspection | undefined;
	fail: (step: ConnectionStep, error: unknown) => void;
}

async function signIn(options: MeshClientOptions, signal: AbortSignal | undefined, { report, server, fail }: SignIn): Promise<void> {
	const client = new MeshClient({ ...options, ...INTERACTIVE });
	try {
		const { clockDifferenceMs } = await client.handshake({ signal });
		report.reachable = true;
		report.clockDifferenceMs = clockDifferenceMs;
		report.approximateInboxCount = await countInbox(client, signal).catch((error: unknown) => void fail('inbox', error));
	} catch (error) {
		const meshError = asMeshError(error, CALL);
		report.reachable ||= meshError.httpStatus !== undefined;
		report.clockDifferenceMs ??= meshError.clockDifferenceMs;
		fail(failedStep(meshError, server !== undefined), meshError);
	} finally {
		await client.close();
	}
}

/** By a page of the inbox, since the call that counts is deprecated. */
async function countInbox(client: MeshClient, signal: AbortSignal | undefined): Promise<number | undefined> {
	const { value: page } = await client.listInbox({ pageSize: 10 }, { signal }).next();
	return page?.approximateInboxCount ?? (page?.hasMore === false ? page.messageIds.length : undefined);
}

/** What cannot be found out is left out. */
function attempt<T>(find: () => T, failed: (error: unknown) => void = () => {}): T | undefined {
	try {
		return find();
	} catch (error) {
		failed(error);
		return undefined;
	}
}

/** Of TLS itself, where nothing is wrong with a certificate; all other codes of TLS are those of Node's verification of the server's. */
const ABOUT_TLS = /^(?:ERR_(?!TLS_CERT_)|EPROTO$|MESH_PROXY_|$)/;

/**
 * At which step a handshake with MESH failed.
 * @param tlsStands whether TLS itself has been seen to work: from TLS 1.3 on, a server looks at our certificate only after that,
 * and many just hang up when they refuse it
 */
export function failedStep(error: MeshError, tlsStands: boolean): ConnectionStep {
	const { code, httpStatus, networkCode = '' } = error;
	if (httpStatus !== undefined) return 'handshake';
	if (code === 'MESH_TLS') {
		if (networkCode.includes('ALERT') && !networkCode.includes('PROTOCOL_VERSION')) return 'clientCertificate';
		return ABOUT_TLS.test(networkCode) ? 'connection' : 'serverCertificate';
	}
	if (!tlsStands) return 'connection';
	return isClosedOnUs(error) ? 'clientCertificate' : 'handshake';
}

/** What can fail between a filled-in credential and a working mailbox, in the order in which it happens. */
export type ConnectionStep =
	/** A field is missing or impossible. */
	| 'credential'
	/** Our certificate or key cannot be used, or the server refused it. */
	| 'clientCertificate'
	/** Nobody answers there, or what does speaks no TLS. */
	| 'connection'
	/** The server's certificate is not trusted here. */
	| 'serverCertificate'
	/** MESH refused the handshake: mailbox, password, shared key or clock. */
	| 'handshake'
	/** The handshake worked, but the inbox could not be listed. */
	| 'inbox';

/** Everything that could be found out about a connection; what is absent could not be. None of it is secret. */
export interface ConnectionReport {
	/** True when a connection came about, over TLS where the address says https. */
	reachable: boolean;
	/** Such as `TLSv1.3`. */
	tlsVersion?: string;
	/** The first of the server's chain, whether trusted or not. Absent for plain http. */
	serverCertificate?: CertificateDescription;
	clientCertificate?: CertificateDescription;
	keyMatchesCertificate?: boolean;
	/** True when the name in our certificate is the mailbox ID, false when it is that of another mailbox. */
	commonNameFitsMailbox?: boolean;
	/** Server time minus our time, in milliseconds. */
	clockDifferenceMs?: number;
	/** Whole inbox; eventually consistent, for display only. */
	approximateInboxCount?: number;
	/** The first step that failed; absent when everything works. */
	failure?: { step: ConnectionStep; error: MeshError };
}

interface ServerInspection {
	/** Such as `TLSv1.3`. */
	tlsVersion?: string;
	certificate?: CertificateDescription;
	/** False when the certificate would be refused. */
	trusted: boolean;
}

const LOOK = 'look at the server';

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
async function inspectServer(origin: string, { secureContext, environment, timeoutMs, after, signal }: Looking): Promise<ServerInspection> {
	if (signal?.aborted) throw abortedError(LOOK);
	let onAbort = () => {};
	try {
		const destination = { origin, secureContext, rejectUnauthorized: false, proxy: proxyTo(origin, environment) }; // judged by `authorized` below
		const connect = inTime(connectorTo(destination), (late) => after(timeoutMs, late));
		return await new Promise<ServerInspection>((resolve, reject) => {
			const stop = connect((error, socket) => {
				if (error !== null || socket === undefined) return reject(signal?.aborted ? abortedError(LOOK) : (error ?? abortedError(LOOK)));
				resolve(inspectionOf(socket as TLSSocket));
				socket.destroy();
			});
			onAbort = () => stop('cancelled');
			signal?.addEventListener('abort', onAbort, { once: true });
		});
	} catch (error) {
		throw networkError(error, { call: LOOK, host: new URL(origin).host, sent: false });
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
function examineClientCertificate(material: TlsMaterial, mailboxId?: string): ClientCertificateExamination {
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

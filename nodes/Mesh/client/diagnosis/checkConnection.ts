import { secureContextOf } from '../certificates/secureContextOf';
import { checkBaseUrl } from '../credentials/baseUrl';
import type { MeshError } from '../errors';
import { asMeshError } from '../failures/asMeshError';
import { MeshClient } from '../MeshClient';
import { proxyFor } from '../http/proxyFor';
import { checkSettings } from '../settings';
import type { CallOptions, MeshClientOptions } from '../types';
import { commonNameFits } from './commonNameFits';
import type { ConnectionReport, ConnectionStep } from './connectionReport';
import { examineClientCertificate } from './examineClientCertificate';
import { failedStep } from './failedStep';
import { inspectServer } from './inspectServer';
import type { ServerInspection } from './inspectServer';

const CALL = 'check the connection';

/** Somebody waits for the answer: one try, and short limits. */
const PATIENCE: Pick<MeshClientOptions, 'retry' | 'timeouts'> = {
	retry: { attempts: 1 },
	timeouts: { connectMs: 10_000, responseMs: 30_000 },
};

export interface CheckConnectionOptions extends CallOptions {
	/** What was found wrong with the credential before; the rest is then examined without signing in. */
	problem?: MeshError;
}

/**
 * Finds out as much as it can about a connection, whatever is wrong with it: certificates, TLS, handshake, clock and inbox.
 * Throws `MESH_ABORTED` only; everything else is in the report.
 */
export async function checkConnection(options: MeshClientOptions, { problem, signal }: CheckConnectionOptions = {}): Promise<ConnectionReport> {
	const report: ConnectionReport = { reachable: false };
	const fail = (step: ConnectionStep, error: unknown) => {
		const meshError = asMeshError(error, CALL);
		if (meshError.code === 'MESH_ABORTED') throw meshError;
		report.failure ??= { step, error: meshError };
	};
	if (problem) fail('credential', problem);
	else attempt(() => checkSettings(options), (error) => fail('credential', error));
	const own = examineClientCertificate(options.tls);
	report.clientCertificate = own.certificate;
	report.keyMatchesCertificate = own.keyMatches;
	report.commonNameFitsMailbox = commonNameFits(own.certificate?.commonName, options.mailboxId.trim());
	if (own.problem !== undefined) fail('clientCertificate', own.problem);
	const server = await lookAtServer(options, signal, report);
	if (report.failure === undefined) await signIn(options, signal, { report, server, fail });
	return report;
}

/**
 * What is seen here is for information: what fails, fails in the real call as well, which explains it. Behind a proxy only the
 * client knows the way out.
 */
async function lookAtServer(options: MeshClientOptions, signal: AbortSignal | undefined, report: ConnectionReport): Promise<ServerInspection | undefined> {
	const origin = attempt(() => checkBaseUrl(options.baseUrl));
	if (origin === undefined || !origin.startsWith('https:') || proxyFor(origin, process.env) !== undefined) return undefined;
	const secureContext = attempt(() => secureContextOf(options.tls)) ?? attempt(() => secureContextOf({ certificateAuthorities: options.tls.certificateAuthorities }));
	const server = await inspectServer(origin, { secureContext, timeoutMs: 10_000, signal }).catch(() => undefined);
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
	const client = new MeshClient({ ...options, ...PATIENCE });
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

function attempt<T>(find: () => T, failed: (error: unknown) => void = () => {}): T | undefined {
	try {
		return find();
	} catch (error) {
		failed(error);
		return undefined;
	}
}

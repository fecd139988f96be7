import { checkBaseUrl } from './credentials/baseUrl';
import { checkMailboxId, checkSecret } from './credentials/identity';
import { checkNhsServer } from './credentials/nhsServer';
import { redactorOf } from './failures/redacted';
import type { Redact } from './failures/redacted';
import type { MeshClientOptions, RetryPolicy, Timeouts } from './types';

export const DEFAULT_RETRY: RetryPolicy = {
	attempts: 4,
	baseDelayMs: 500,
	maxDelayMs: 30_000,
	maxRetryAfterMs: 120_000,
	settleDelaysMs: [1_000, 4_000, 10_000, 30_000],
};

export const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 30_000, responseMs: 300_000, stallMs: 60_000 };

/** The options of a client, checked and completed. */
export interface ClientSettings {
	/** Scheme, host and port, without a trailing slash. */
	origin: string;
	mailboxId: string;
	password: string;
	sharedKey: string;
	/** Cleans every text that comes from the server. */
	redact: Redact;
	clientVersion: string;
	retry: RetryPolicy;
	timeouts: Timeouts;
}

/** Throws `MESH_INVALID_CREDENTIAL` that names the parameter. */
export function checkSettings(options: MeshClientOptions): ClientSettings {
	const origin = checkBaseUrl(options.baseUrl);
	checkNhsServer(origin, options.tls.ignoreServerCertificate);
	const mailboxId = checkMailboxId(options.mailboxId);
	const password = checkSecret('password', options.password);
	const sharedKey = checkSecret('sharedKey', options.sharedKey);
	return {
		origin,
		mailboxId,
		password,
		sharedKey,
		redact: redactorOf([password, sharedKey]),
		clientVersion: options.clientVersion?.replace(/[^!-~]+/g, '') || 'n8n-nodes-nhs-mesh',
		retry: withDefaults(DEFAULT_RETRY, options.retry),
		timeouts: withDefaults(DEFAULT_TIMEOUTS, options.timeouts),
	};
}

function withDefaults<T extends object>(defaults: T, given: Partial<T> | undefined): T {
	const kept = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
	return { ...defaults, ...(Object.fromEntries(kept) as Partial<T>) };
}

import type { TlsMaterial } from './certificates/tlsMaterial';
import { invalidCredential } from './errors';
import { CONNECTIONS } from './http/turns';
import { redactorOf } from './redaction';
import type { Redact } from './redaction';
import type { MeshRuntime } from './runtime';

/** Everything a client needs for one mailbox. */
export interface MeshClientOptions {
	/** Scheme, host and optional port, such as `https://msg.intspineservices.nhs.uk`; a trailing slash is removed. */
	baseUrl: string;
	mailboxId: string;
	mailboxPassword: string;
	sharedKey: string;
	tls: TlsMaterial;
	/** Sent as `mex-clientversion` in the handshake and as `user-agent`, such as `n8n-nodes-nhs-mesh==1.0.0`. */
	clientVersion?: string;
	retry?: Partial<RetryPolicy>;
	timeouts?: Partial<Timeouts>;
	/** Requests at the same time for the mailbox, 1 to 8, transfers included; other clients of the mailbox count. Default 8. */
	connections?: number;
	logger?: MeshLogger;
	/** Default: that of the process. */
	runtime?: Partial<MeshRuntime>;
	/** Where proxies are named. Default: the environment of the process. */
	environment?: NodeJS.ProcessEnv;
}

/** Destination for one-line log records; never receives a secret or message content. */
export interface MeshLogger {
	debug(message: string, details?: Record<string, unknown>): void;
	info(message: string, details?: Record<string, unknown>): void;
	warn(message: string, details?: Record<string, unknown>): void;
}

/** Full-jitter exponential backoff for requests that are safe to repeat. */
export interface RetryPolicy {
	/** Tries in all, the first one included. Default 4. */
	attempts: number;
	/** Upper bound of the first pause; doubles each time. Default 500. */
	baseDelayMs: number;
	/** Upper bound of any pause. Default 30,000. */
	maxDelayMs: number;
	/** `Retry-After` is honoured up to this. Default 120,000. */
	maxRetryAfterMs: number;
	/** When to ask tracking about a send of unknown outcome, counted from the failure. Default 1 s, 4 s, 10 s, 30 s. */
	settleDelaysMs: number[];
}

export interface Timeouts {
	/** All of the set-up of a connection: DNS, TCP, a proxy's tunnel, TLS. Default 30,000. */
	connectMs: number;
	/** From the end of the request to the response headers. Default 300,000. */
	responseMs: number;
	/** Longest silence inside a body, in either direction. Default 60,000. */
	stallMs: number;
	/** For a free connection where all of the mailbox are in use. Default: until there is one, as a transfer may take hours. */
	turnMs?: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
	attempts: 4,
	baseDelayMs: 500,
	maxDelayMs: 30_000,
	maxRetryAfterMs: 120_000,
	settleDelaysMs: [1_000, 4_000, 10_000, 30_000],
};

export const DEFAULT_TIMEOUTS: Timeouts = { connectMs: 30_000, responseMs: 300_000, stallMs: 60_000 };

/** For where somebody waits for the answer: one try, and short limits. */
export const INTERACTIVE = {
	retry: { attempts: 1 },
	timeouts: { connectMs: 10_000, responseMs: 30_000, turnMs: 10_000 },
} satisfies Pick<MeshClientOptions, 'retry' | 'timeouts'>;

/** The options of a client, checked and completed. */
export interface ClientSettings {
	/** Scheme, host and port, without a trailing slash. */
	origin: string;
	mailboxId: string;
	mailboxPassword: string;
	sharedKey: string;
	/** Cleans every text that comes from the server. */
	redact: Redact;
	clientVersion: string;
	retry: RetryPolicy;
	timeouts: Timeouts;
	connections: number;
}

/** Throws `MESH_INVALID_CREDENTIAL` that names the parameter. */
export function checkSettings(options: MeshClientOptions): ClientSettings {
	const origin = checkBaseUrl(options.baseUrl);
	checkNhsServer(origin, options.tls.ignoreSslIssues);
	const mailboxId = checkMailboxId(options.mailboxId);
	const mailboxPassword = checkSecret('mailboxPassword', options.mailboxPassword);
	const sharedKey = checkSecret('sharedKey', options.sharedKey);
	return {
		origin,
		mailboxId,
		mailboxPassword,
		sharedKey,
		redact: redactorOf([mailboxPassword, sharedKey, options.tls.passphrase ?? '']),
		clientVersion: options.clientVersion?.replace(/[^!-~]+/g, '') || 'n8n-nodes-nhs-mesh',
		retry: withDefaults(DEFAULT_RETRY, options.retry),
		timeouts: withDefaults(DEFAULT_TIMEOUTS, options.timeouts),
		connections: checkConnections(options.connections),
	};
}

function withDefaults<T extends object>(defaults: T, given: Partial<T> | undefined): T {
	const kept = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
	return { ...defaults, ...(Object.fromEntries(kept) as Partial<T>) };
}

const HINT = 'Give the scheme, the host and, if needed, the port, such as https://msg.intspineservices.nhs.uk';

/** The origin of the configured address; MESH's own paths are added to it, so it may not bring one along. */
export function checkBaseUrl(baseUrl: string): string {
	const url = parsed(baseUrl);
	if (!url) throw invalidCredential('baseUrl', 'The base URL is not a URL', HINT);
	if (url.protocol !== 'https:' && url.protocol !== 'http:') {
		throw invalidCredential('baseUrl', 'The base URL must begin with https:// (or http:// for a local test server)', HINT);
	}
	if (url.username || url.password) {
		throw invalidCredential('baseUrl', 'The base URL must not hold a user name or password', HINT);
	}
	if (url.search || url.hash || !/^\/*(messageexchange\/*)?$/.test(url.pathname)) {
		throw invalidCredential('baseUrl', 'The base URL must not hold a path or a query', HINT);
	}
	return url.origin;
}

function parsed(text: string): URL | undefined {
	const trimmed = text.trim();
	return URL.canParse(trimmed) ? new URL(trimmed) : undefined;
}

/** In upper case, as MESH wants it in the token. */
function checkMailboxId(mailboxId: string): string {
	const trimmed = mailboxId.trim().toUpperCase();
	if (trimmed === '') throw invalidCredential('mailboxId', 'The mailbox ID is empty', 'It looks like X26HC005.');
	if (!/^[A-Z0-9_.-]{1,100}$/.test(trimmed) || /^\.+$/.test(trimmed)) {
		throw invalidCredential(
			'mailboxId',
			'The mailbox ID may hold only letters, digits, hyphens, full stops and underscores, 100 at most',
			'It looks like X26HC005.',
		);
	}
	return trimmed;
}

function checkConnections(connections = CONNECTIONS): number {
	if (Number.isInteger(connections) && connections >= 1 && connections <= CONNECTIONS) return connections;
	throw invalidCredential(
		'connectionsAtOnce',
		'Connections at Once is not a whole number from 1 to 8',
		'Open the credential and correct it; 8 suits nearly everybody.',
	);
}

/** A password or the shared key. A pasted line break would make every token wrong, with nothing to see. */
function checkSecret(parameter: 'mailboxPassword' | 'sharedKey', value: string): string {
	const name = parameter === 'mailboxPassword' ? 'mailbox password' : 'shared key';
	if (value === '') throw invalidCredential(parameter, `The ${name} is empty`, 'Open the credential and fill it in.');
	for (const character of value) {
		if (character < ' ' || character === '\u007f') {
			throw invalidCredential(
				parameter,
				`The ${name} holds a line break or another control character`,
				'Paste it again without a line break.',
			);
		}
	}
	return value;
}

const NHS_HOST = /(?:^|\.)nhs\.uk\.?$/i;

/** Whether a server is one of the NHS, whichever way its address came here: HSCN hosts and Deployment are Custom URLs. */
export function isNhsServer(origin: string): boolean {
	return NHS_HOST.test(new URL(origin).hostname);
}

/**
 * Servers of the NHS, whichever way their address came here, are spoken to over TLS and with their certificate checked: a
 * Custom URL may lead to Production or to an HSCN host, and what makes test servers easy must not reach patient data.
 */
function checkNhsServer(origin: string, ignoreSslIssues: boolean | undefined): void {
	if (!isNhsServer(origin)) return;
	if (new URL(origin).protocol !== 'https:') {
		throw invalidCredential(
			'baseUrl',
			'A server of the NHS is reached over https only',
			'Begin the base URL with https://. Plain http is for local test servers.',
		);
	}
	if (ignoreSslIssues) {
		throw invalidCredential(
			'ignoreSslIssues',
			'The certificate of a server of the NHS is always checked',
			"Switch 'Ignore SSL Issues' off, and put the NHS root and sub-CA certificates of the environment into CA Certificates.",
		);
	}
}

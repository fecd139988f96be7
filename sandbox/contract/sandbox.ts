import type { Behaviour } from './behaviour';
import type { FaultRule, RecordedRequest } from './faults';
import type { MessageToPut, MessageView, ReportToPut } from './messages';

/** A certificate chain and its key, both PEM. */
export interface KeyPair {
	certificate: string;
	privateKey: string;
}

/** All that mutual TLS with a sandbox takes; made at run time, never kept in a repository. */
export interface CertificateSet {
	/** PEM: the authority that signed server and client. */
	ca: string;
	/** For `localhost`, `127.0.0.1` and `::1`. */
	server: KeyPair;
	client: KeyPair;
	/** The client's certificate and key once more, as PKCS#12. */
	readonly clientPkcs12: Buffer;
	clientPkcs12Passphrase: string;
	/** Signed by an authority that the sandbox does not know: refused. */
	strangerClient: KeyPair;
}

/** A mailbox of the sandbox. */
export interface MailboxSettings {
	/** Upper-case letters and digits. */
	mailboxId: string;
	name?: string;
	odsCode: string;
	/** Default: the ODS code. */
	orgCode?: string;
	orgName?: string;
	/** Default `password`. */
	password?: string;
	/** Default true. A message to an inactive mailbox ends in a report; its own requests are refused. */
	active?: boolean;
	/** Workflows it receives: for look-ups, and for permissions where those are on. */
	workflows?: string[];
	/** Workflows it may send, where permissions are on. Default: any. */
	sends?: string[];
}

export interface SandboxOptions {
	/** Default 0: any free port. */
	port?: number;
	/** Default true; false is plain http. */
	tls?: boolean;
	/** Default true. */
	requireClientCertificate?: boolean;
	/** Default: made once per process and shared. */
	certificates?: CertificateSet;
	/** Default: those of the NHS sandbox. */
	mailboxes?: MailboxSettings[];
	/** Default `TestKey`. */
	sharedKey?: string;
	/** Where bodies and metadata are kept; default: a temporary folder that close() removes. */
	dataFolder?: string;
	/** Base clock, milliseconds since the epoch; default Date.now. */
	now?: () => number;
	/** Added to every answer. */
	latencyMs?: number;
	/** Default 99,999,999, for MESH takes less than 100 MB: larger bodies are 413. */
	maximumRequestBytes?: number;
	/** Wins over switches kept in the data folder. */
	behaviour?: Partial<Behaviour>;
	/** Port of the page to look at, plain http on 127.0.0.1; 0: any free one. Default false: no page. */
	pagePort?: number | false;
	/** Called once per finished request, and per connection that failed before there was one. */
	onRequest?: (request: RecordedRequest) => void;
}

/** Sandbox time: the base clock plus what it was advanced by. */
export interface SandboxClock {
	/** How far it is ahead of the base clock. */
	readonly offsetMs: number;
	now(): number;
	/** Moves time on and carries out what falls due (delivery, expiry, deletion). Throws a RangeError beyond the year 9999. */
	advance(ms: number): void;
	/** Back to the base clock. What was delivered stays delivered, and its days until expiry and deletion begin anew. */
	reset(): void;
}

/** A running sandbox. */
export interface Sandbox {
	/** Such as `https://localhost:8700`. */
	readonly url: string;
	readonly port: number;
	/** Where the page is, such as `http://localhost:8701`; absent without one. */
	readonly pageUrl?: string;
	readonly certificates: CertificateSet;
	readonly clock: SandboxClock;
	/**
	 * Most recent last; the oldest are dropped beyond 10,000. Among them connections that failed before there was a request
	 * (`call: 'connection'`), the most recent 100.
	 */
	readonly requests: readonly RecordedRequest[];
	readonly connections: { accepted: number; open: number; resumed: number };
	/** Live: changing a switch takes effect with the next request. Only what the admin call changes is kept in a data folder. */
	readonly behaviour: Behaviour;
	/** Delivers a message at once; resolves to its ID. */
	putMessage(message: MessageToPut): Promise<string>;
	/** Delivers a non-delivery report; resolves to its ID. */
	putReport(report: ReportToPut): Promise<string>;
	/** IDs of what a list call would show, oldest first. */
	inbox(mailboxId: string): string[];
	message(messageId: string): MessageView | undefined;
	/** Decoded chunks joined; rejects when the message or one of its chunks does not exist. */
	content(messageId: string): Promise<Buffer>;
	/** All messages to a mailbox in any status, oldest first. */
	messagesTo(mailboxId: string): MessageView[];
	/** Adds a mailbox or replaces its settings. */
	putMailbox(settings: MailboxSettings): void;
	arm(rule: FaultRule): void;
	clearFaults(): void;
	/**
	 * Resolves to the request on which a `stall` or a `lateAnswer` has now fallen silent, what it sends before having left. Each silence
	 * is told once, in order, also when it began before this was called; reset() forgets those not asked for.
	 */
	nextSilence(): Promise<RecordedRequest>;
	/** Forgets messages, faults, requests and used tokens; mailboxes, clock and connections stay. */
	reset(): Promise<void>;
	/** Ends every connection, whatever it is doing, and removes a temporary data folder. */
	close(): Promise<void>;
}

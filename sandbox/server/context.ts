import type { IncomingMessage } from 'node:http';
import type { Authority } from '../auth/authorize';
import type { MovableClock } from '../clock';
import type { Behaviour } from '../contract/behaviour';
import type { CallName, Fault, RecordedRequest } from '../contract/faults';
import type { Faults, Silences } from '../faults/faults';
import type { Bodies } from '../store/bodies';
import type { Journal } from '../store/journal';
import type { Mailbox, Mailboxes } from '../store/mailboxes';
import type { Messages } from '../store/messages';
import type { PostOffice } from '../store/postOffice';
import type { Answer } from './answer';
import type { FrontDoor } from './frontDoor';
import type { RateLimiter } from './rateLimiter';
import type { RequestLog } from './requestLog';

/** The parts of a running sandbox that routes work with. */
export interface SandboxContext {
	behaviour: Behaviour;
	clock: MovableClock;
	mailboxes: Mailboxes;
	messages: Messages;
	bodies: Bodies;
	office: PostOffice;
	journal: Journal;
	authority: Authority;
	faults: Faults;
	silences: Silences;
	log: RequestLog;
	limiter: RateLimiter;
	latencyMs: number;
	maximumRequestBytes: number;
	/** Aborted when the sandbox closes. */
	closing: AbortSignal;
	onRequest?: (request: RecordedRequest) => void;
	/** Forgets everything, or everything of one mailbox. */
	reset(mailboxId?: string): Promise<void>;
}

/** A request as routes see it. */
export interface MeshRequest {
	context: SandboxContext;
	raw: IncomingMessage;
	/** Decoded path parameters; `mailbox` and `messageId` in upper case. */
	params: Record<string, string>;
	/** The last value of each parameter. */
	query: Record<string, string>;
	/** The mailbox whose token was accepted; only on authorized routes. */
	mailbox: Mailbox;
	/** Header value, undefined when absent. */
	header(name: string): string | undefined;
	/** API version asked for; throws 400 for a malformed `Accept`. */
	version(): number;
	record: RecordedRequest;
	fault?: Fault;
}

/** One endpoint: where it is and what it does. Errors thrown become the answers of the catalogue. */
export interface Route {
	call: CallName;
	methods: string[];
	/** In the router's notation, such as `/messageexchange/:mailbox/inbox`. */
	path: string;
	/** `token`: Authorization is checked; `loopback`: only from this machine. */
	access: 'token' | 'open' | 'loopback';
	handle(request: MeshRequest): Answer | Promise<Answer>;
}

/** What the front of the server adds for answering. */
export interface ServerParts {
	context: SandboxContext;
	frontDoor: FrontDoor;
}

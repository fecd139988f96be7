import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MovableClock } from '../clock';
import type { Behaviour } from '../contract/behaviour';
import { refuse } from '../errors/refusals';
import type { Mailbox, Mailboxes } from '../store/mailboxes';
import type { ReplayMemory } from './replayMemory';

const MINUTE_MS = 60 * 1000;
/** A token's minute may differ from the server's by this much (MESH API, authorization). */
const WINDOW_MS = 120 * MINUTE_MS;

/** What the check of a token needs to know. */
export interface Authority {
	mailboxes: Mailboxes;
	sharedKey: string;
	clock: MovableClock;
	replays: ReplayMemory;
	behaviour: Behaviour;
}

/**
 * Checks the Authorization header of a request to `mailboxId` (as in the URL, upper case) and uses the token up.
 * Throws the 403 that fits; returns the mailbox.
 */
export function authorize(authority: Authority, mailboxId: string, header: string | undefined): Mailbox {
	const { behaviour, clock, mailboxes, replays, sharedKey } = authority;
	const token = parseToken(header, behaviour.authorizationScheme === 'required');
	if (!token) throw refuse('authorizationUnreadable');
	if (token.mailboxId !== mailboxId) throw refuse('mailboxMismatch');
	const mailbox = mailboxes.get(mailboxId);
	if (!mailbox) throw refuse('noMailboxMatched');
	if (!hashMatches(token, mailbox.password, sharedKey)) throw refuse('invalidToken');

	const now = clock.now();
	const time = tokenTime(token.timestamp);
	const minute = Math.floor(now / MINUTE_MS) * MINUTE_MS;
	if (behaviour.checkTimestamp && !(Math.abs(minute - time) <= WINDOW_MS)) throw refuse('invalidToken');
	if (behaviour.rejectReplays) {
		const key = JSON.stringify([token.mailboxId, token.nonce, token.nonceCount]);
		// Remembered until a timestamp two hours ahead is out of the window too, by a clock that nobody moves.
		const used = clock.unmoved();
		if (!replays.use(key, used + 2 * WINDOW_MS + MINUTE_MS, used)) throw refuse('duplicatedToken');
	}
	if (!mailbox.active) throw refuse('inactiveMailbox');
	return mailbox;
}

/** The five parts of an Authorization header (MESH API, authorization). */
interface Token {
	mailboxId: string;
	nonce: string;
	nonceCount: string;
	/** `yyyyMMddHHmm`, UTC. */
	timestamp: string;
	hash: string;
}

/** Reads a header; undefined when there is none or it is malformed. `NHSMESH` may be left out, or in lower case, only where that is allowed. */
function parseToken(header: string | undefined, schemeRequired: boolean): Token | undefined {
	if (!header) return undefined;
	const [, scheme, rest] = /^(?:(NHSMESH) )?(.*)$/is.exec(header.trim()) ?? [];
	const parts = (rest ?? '').split(':');
	if (parts.length < 5) return undefined;
	const [mailboxId, nonce, nonceCount, timestamp, hash] = parts;
	if (!/^\d+$/.test(nonceCount)) return undefined;
	// Without its scheme word the first part cannot be told from a mailbox ID: it then matches none.
	return { mailboxId: scheme === 'NHSMESH' || !schemeRequired ? mailboxId : ` ${mailboxId}`, nonce, nonceCount, timestamp, hash };
}

/** HMAC-SHA256 of the token's text with the shared key, lower-case hexadecimal. */
export function tokenHash(token: Omit<Token, 'hash'>, password: string, sharedKey: string): string {
	const text = [token.mailboxId, token.nonce, token.nonceCount, password, token.timestamp].join(':');
	return createHmac('sha256', sharedKey).update(text, 'utf8').digest('hex');
}

/** Whether the token carries the right hash, in upper or lower case. */
function hashMatches(token: Token, password: string, sharedKey: string): boolean {
	const expected = Buffer.from(tokenHash(token, password, sharedKey));
	const given = Buffer.from(token.hash.toLowerCase());
	return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Start of the token's minute in milliseconds since the epoch; NaN for anything but twelve digits that are a date. */
function tokenTime(timestamp: string): number {
	const [, year, month, day, hour, minute] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(timestamp) ?? [];
	return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
}

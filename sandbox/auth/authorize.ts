import type { Behaviour } from '../contract/behaviour';
import type { MovableClock } from '../clock';
import { refuse } from '../errors/refusals';
import type { Mailbox, Mailboxes } from '../store/mailboxes';
import { hashMatches, parseToken, tokenTime } from './token';
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

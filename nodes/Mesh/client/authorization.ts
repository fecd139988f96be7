import { createHmac } from 'node:crypto';

/** What a token is made of (MESH API, authorization header). */
interface AuthorizationParts {
	/** Upper case, the one in the URL. */
	mailboxId: string;
	password: string;
	sharedKey: string;
	/** A GUID, new for every request: MESH accepts each token once. */
	nonce: string;
	/** How often this nonce was used before. */
	nonceCount: number;
	/** Milliseconds since the epoch; MESH allows two hours of difference to its own clock. */
	now: number;
}

/** The value of the `Authorization` header of one request. Never log it. */
export function authorizationHeader({ mailboxId, password, sharedKey, nonce, nonceCount, now }: AuthorizationParts): string {
	const timestamp = tokenTimestamp(now);
	const signed = `${mailboxId}:${nonce}:${nonceCount}:${password}:${timestamp}`;
	const hash = createHmac('sha256', sharedKey).update(signed, 'utf8').digest('hex');
	return `NHSMESH ${mailboxId}:${nonce}:${nonceCount}:${timestamp}:${hash}`;
}

/** `yyyyMMddHHmm` in UTC: local time is the usual reason for a 403 in summer. */
function tokenTimestamp(now: number): string {
	const iso = new Date(now).toISOString(); // 2026-01-31T23:59:...
	return iso.slice(0, 4) + iso.slice(5, 7) + iso.slice(8, 10) + iso.slice(11, 13) + iso.slice(14, 16);
}

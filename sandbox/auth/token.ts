import { createHmac, timingSafeEqual } from 'node:crypto';

/** The five parts of an Authorization header (MESH API, authorization). */
export interface Token {
	mailboxId: string;
	nonce: string;
	nonceCount: string;
	/** `yyyyMMddHHmm`, UTC. */
	timestamp: string;
	hash: string;
}

/** Reads a header; undefined when there is none or it is malformed. `NHSMESH` may be left out, or in lower case, only where that is allowed. */
export function parseToken(header: string | undefined, schemeRequired: boolean): Token | undefined {
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
export function hashMatches(token: Token, password: string, sharedKey: string): boolean {
	const expected = Buffer.from(tokenHash(token, password, sharedKey));
	const given = Buffer.from(token.hash.toLowerCase());
	return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Start of the token's minute in milliseconds since the epoch; NaN for anything but twelve digits that are a date. */
export function tokenTime(timestamp: string): number {
	const [, year, month, day, hour, minute] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(timestamp) ?? [];
	return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
}

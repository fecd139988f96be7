/**
 * Tokens and patient routing addresses, should a server echo them. Nothing tells where a surname ends, which can hold spaces
 * and apostrophes: an address goes as far as its quotation or its line.
 */
const SENSITIVE = [/NHSMESH(?:\s|%20|\+)+\S+/gi, /GPPROVIDER(?:_|%5F)[^"<>\r\n]*/gi];

/** Text from a server without what must not be shown. */
export type Redact = (text: string) => string;

/** Takes tokens, GPPROVIDER addresses and the secrets of a mailbox out of a text. */
export function redactorOf({ password, sharedKey }: { password: string; sharedKey: string }): Redact {
	const hidden = [password, sharedKey].flatMap(spellings);
	return (text) => withoutThem(text, hidden);
}

/** Text from a server without tokens, GPPROVIDER addresses and the given secrets, however JSON, XML or a URL spells them. */
export function redacted(text: string, secrets: string[] = []): string {
	return withoutThem(text, secrets.flatMap(spellings));
}

function withoutThem(text: string, hidden: string[]): string {
	let result = text;
	for (const spelling of hidden) result = result.split(spelling).join('[hidden]');
	for (const pattern of SENSITIVE) result = result.replace(pattern, '[hidden]');
	return result;
}

/** Very short secrets would blank out ordinary words. */
const MIN_SECRET = 4;

function spellings(secret: string): string[] {
	if (secret.length < MIN_SECRET) return [];
	const inJson = JSON.stringify(secret).slice(1, -1);
	const inUrl = encodeURIComponent(secret);
	const inMarkup = secret.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
	const all = [
		secret,
		secret.replace(/\s+/g, ' '),
		inJson,
		JSON.stringify(inJson).slice(1, -1),
		inUrl,
		inUrl.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
		inUrl.replace(/%20/g, '+'),
		inMarkup,
		inMarkup.replace(/"/g, '&quot;').replace(/'/g, '&#39;'),
		inMarkup.replace(/"/g, '&quot;').replace(/'/g, '&apos;'),
		inMarkup.replace(/"/g, '&#34;').replace(/'/g, '&#x27;'),
	];
	// The longest first: a shorter one may be part of it.
	return [...new Set(all)].sort((a, b) => b.length - a.length);
}

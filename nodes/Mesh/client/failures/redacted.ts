import { isNhsNumber } from './nhsNumber';
import { spelledAnyhow } from './spelledAnyhow';

/** Text from a server without what must not be shown. */
export type Redact = (text: string) => string;

const HIDDEN = '[hidden]';

/** MESH says the same words about most messages: some that held nothing to hide are remembered rather than searched again. */
const REMEMBERED_TEXTS = 50;
const REMEMBERED_CHARACTERS = 200;

/**
 * Tokens with and without their scheme, and patient routing addresses, should a server echo them. Nothing tells where a surname
 * ends, which can hold spaces and apostrophes: an address goes as far as its quotation or its line.
 */
const SENSITIVE = [
	/NHSMESH(?:\s|%20|%09|\+)+\S+/gi,
	/[\w.-]{1,100}(?::|%3A)[\w-]{1,100}(?::|%3A)\d{1,20}(?::|%3A)\d{12}(?::|%3A)[0-9a-f]{8,}/gi,
	/GPPROVIDER(?:_|%(?:25)*5F)[^"<>\r\n]*/gi,
];

/** Ten digits that stand alone, as they are written: 9434765919, 943 476 5919, 943-476-5919. */
const TEN_DIGITS = /(?<!\d)\d{3}([ -]?)\d{3}\1\d{4}(?!\d)/g;

/** Very short secrets would blank out ordinary words. */
const isHidden = ({ length }: string): boolean => length >= 4;
/** A shorter one may be part of it. */
const longestFirst = (a: string, b: string): number => b.length - a.length;

/** Takes tokens, GPPROVIDER addresses, NHS numbers and the given secrets out of a text. */
export function redactorOf(secrets: readonly string[]): Redact {
	let patterns: RegExp[] | undefined;
	const harmless = new Set<string>();
	return (text) => {
		if (harmless.has(text)) return text;
		// Not before it is needed: most answers are no errors.
		patterns ??= [...secrets.filter(isHidden).sort(longestFirst).flatMap(spelledAnyhow), ...SENSITIVE];
		let result = text;
		for (const pattern of patterns) result = result.replace(pattern, HIDDEN);
		result = result.replace(TEN_DIGITS, (digits) => (isNhsNumber(digits.replace(/\D/g, '')) ? HIDDEN : digits));
		if (result === text && text.length <= REMEMBERED_CHARACTERS && harmless.size < REMEMBERED_TEXTS) harmless.add(text);
		return result;
	};
}

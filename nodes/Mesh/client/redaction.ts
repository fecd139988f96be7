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

/**
 * Whether ten digits are an NHS number: the last one is its check digit (NHS Data Dictionary, NHS NUMBER: modulus 11 with the
 * weights 10 to 2).
 */
export function isNhsNumber(digits: string): boolean {
	if (!/^\d{10}$/.test(digits)) return false;
	const sum = [...digits.slice(0, 9)].reduce((total, digit, index) => total + Number(digit) * (10 - index), 0);
	// 11 is written as 0, and a number whose check digit would be 10 is not given out: no digit equals it.
	return (11 - (sum % 11)) % 11 === Number(digits[9]);
}

/**
 * NHS number, date of birth and surname in a recipient of the form `GPPROVIDER_<NHS number>_<date of birth>_<surname>` (MESH
 * API, GPPROVIDER routing); none in any other.
 */
export function patientDetailsIn(recipient: string): string[] {
	const [, ...details] = /^\s*GPPROVIDER_([^_]*)_([^_]*)_(.*?)\s*$/is.exec(recipient) ?? [];
	return details.filter((detail) => detail !== '');
}

/** Longer patterns than these make are more than a regular expression may hold; a longer secret is looked for in parts. */
const MAX_CHARACTERS = 200;

/**
 * Patterns that find a secret however servers spell it: as it is, percent-encoded once or several times, in JSON within JSON,
 * with the escapes of Java, Python or C, as HTML or XML entities by name or by number, its white space changed, in the other
 * case, its UTF-8 read as Latin-1, and in base64, also as a part of something longer, or in hexadecimal. Every repetition in
 * them has a bound, so that no text takes long.
 */
function spelledAnyhow(secret: string): RegExp[] {
	return partsOf([...secret]).flatMap((part) => {
		const bytes = Buffer.from(part, 'utf8');
		const patterns = new Set([part, bytes.toString('latin1')].map((text) => [...runsAsOne(text)].map(anyFormOf).join('')));
		return [...patterns, ...base64Of(bytes), bytes.toString('hex')].map((pattern) => new RegExp(pattern, 'giu'));
	});
}

/** Of white space and of backslashes a text may have more or fewer afterwards; two patterns in a row would try every division. */
const runsAsOne = (text: string): string => text.replace(/[ \t\r\n\f\v]+/g, ' ').replace(/\\+/g, '\\');

function partsOf(characters: string[]): string[] {
	const count = Math.ceil(characters.length / MAX_CHARACTERS);
	return Array.from({ length: count }, (_, part) => characters.slice(part * MAX_CHARACTERS, (part + 1) * MAX_CHARACTERS).join(''));
}

/** Names of entities, of HTML 4 and XML; all others come by number. */
const ENTITIES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };
const PERCENT = '%(?:25){0,4}';
const AMPERSAND = '&(?:amp;){0,4}';
/** Three levels of quoting make eight of one. */
const BACKSLASHES = '\\\\{1,8}';

/** One character in any of its forms; itself last, as a percent sign and an ampersand begin other forms. */
function anyFormOf(character: string): string {
	if (character === ' ') return `(?:\\s|\\+|${PERCENT}(?:20|09|0A|0D)|${BACKSLASHES}[nrt]|&nbsp;|&#(?:0{0,6}32|x0{0,6}20);){1,9}`;
	const code = character.codePointAt(0) ?? 0;
	const percent = [...Buffer.from(character, 'utf8')].map((byte) => PERCENT + hex(byte, 2)).join('');
	const units = Array.from({ length: character.length }, (_, at) => `${BACKSLASHES}u${hex(character.charCodeAt(at), 4)}`).join('');
	const forms = [
		percent,
		units,
		...(code < 256 ? [`${BACKSLASHES}x${hex(code, 2)}`] : []),
		`${AMPERSAND}#0{0,6}${code};`,
		`${AMPERSAND}#x0{0,6}${hex(code)};`,
		...(Object.hasOwn(ENTITIES, character) ? [`${AMPERSAND}${ENTITIES[character]};`] : []),
		...(/\s/.test(character) ? ['\\s'] : []), // such as a no-break space, which may come back as a space
		literal(character),
	];
	return `(?:${forms.join('|')})${character === '\\' ? '{1,32}' : ''}`;
}

/** The character itself, after the backslashes that may quote it. */
function literal(character: string): string {
	const itself = character.replace(/[$()*+./?[\\\]^{|}]/, '\\$&');
	return /["'/`]/.test(character) ? `\\\\{0,8}${itself}` : itself;
}

/** Three patterns, as three bytes become four digits: which ones a secret becomes tells its place. What neighbours change is left out. */
function base64Of(bytes: Buffer): string[] {
	return [0, 1, 2].flatMap((before) => {
		const digits = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url');
		const own = digits.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
		return own.length < 6 ? [] : [`${[...own].map(base64Digit).join('')}[\\w=]{0,3}`];
	});
}

function base64Digit(digit: string): string {
	if (digit === '-') return '(?:[-+]|%2B)';
	return digit === '_' ? '(?:[_/]|%2F)' : digit;
}

const hex = (value: number, digits = 1): string => value.toString(16).padStart(digits, '0');

import { MeshError, isMeshError } from './errors';
import type { MeshErrorDetails } from './errors';
import type { MeshLogger } from './settings';

/** Text without what must not be shown. */
export type Redact = (text: string) => string;

const HIDDEN = '[hidden]';

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
	return (text) => {
		// Not before it is needed: most answers are no errors.
		patterns ??= [...secrets.filter(isHidden).flatMap(formsOf).sort(longestFirst).map(literally), ...SENSITIVE];
		let result = text;
		for (const pattern of patterns) result = result.replace(pattern, HIDDEN);
		return result.replace(TEN_DIGITS, (digits) => (isNhsNumber(digits.replace(/\D/g, '')) ? HIDDEN : digits));
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

/**
 * A secret as it is, as it stands in a URL, and as it stands in JSON, in either case. It is never sent, only a digest made with it:
 * a server that gives it back knows it as its own, in one of these forms.
 */
function formsOf(secret: string): string[] {
	// A line that was broken is put together with one space.
	const spellings = [secret, secret.replace(/\s+/g, ' ')];
	return [
		...new Set(spellings.flatMap((text) => [text, encodeURIComponent(Buffer.from(text).toString()), JSON.stringify(text).slice(1, -1)])),
	];
}

const literally = (form: string): RegExp => new RegExp(form.replace(/[$()*+./?[\\\]^{|}]/g, '\\$&'), 'giu');

/** Read of a text from a server, and redacted before the cut: half a secret would not be recognised. */
const MAX_READ = 64 * 1024;

/** What a server says, as one line of bounded length without control characters, and without what must not be shown. */
export function shownLine(text: string, redact: Redact, maxLength: number): string {
	const line = text
		.slice(0, MAX_READ)
		// eslint-disable-next-line no-control-regex
		.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ')
		.trim();
	return redact(line).slice(0, maxLength);
}

/** Takes out what is recognised by its form, whoever put it into a text: NHS numbers, patients' addresses, tokens. */
export const hideByForm = redactorOf([]);

/** The texts of an error, and of a record of the log, that people read. */
const TEXTS = ['title', 'hint', 'meshText'] as const;

/**
 * What must not be shown is in no text of an error that leaves the client, be it from a server or from the user. Of a user's words only a
 * local ID is quoted. A secret is looked for there and not in all of a text: `password` is also a word. What the next try needs to go on
 * (`upload`, `unsettled`) is no text to be read, and stays as it is.
 */
export function redactedError(error: MeshError, redact: Redact): MeshError {
	const hide = hidingIn(error.localId, redact);
	const { message, stack, cause, lastFailure } = error;
	const details = {
		...(error as MeshErrorDetails),
		...Object.fromEntries(TEXTS.flatMap((name) => (error[name] === undefined ? [] : [[name, hide(error[name])]]))),
		...(error.localId !== undefined && { localId: hide(error.localId) }),
		...(lastFailure && { lastFailure: redactedError(lastFailure, redact) }),
	};
	const origin = { stack: stack && hide(stack), cause: isMeshError(cause) ? redactedError(cause, redact) : cause };
	return new MeshError(hide(message), details, origin);
}

/** A log into which nothing is written that must not be shown. */
export function redactedLogger(logger: MeshLogger, redact: Redact): MeshLogger {
	const write = (level: keyof MeshLogger, message: string, details?: Record<string, unknown>) => {
		const hide = hidingIn(details?.localId, redact);
		const texts = Object.entries(details ?? {}).map(([name, value]) => [name, typeof value === 'string' ? hide(value) : value] as const);
		logger[level](hide(message), details && Object.fromEntries(texts));
	};
	return {
		debug: (message, details) => write('debug', message, details),
		info: (message, details) => write('info', message, details),
		warn: (message, details) => write('warn', message, details),
	};
}

function hidingIn(localId: unknown, redact: Redact): Redact {
	if (typeof localId !== 'string' || redact(localId) === localId) return hideByForm;
	return (text) => hideByForm(text.replaceAll(localId, redact(localId)));
}

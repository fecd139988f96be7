import { invalidInput } from '../errors';
import type { MessageSource } from '../sources';

/** What a sender can say about a message (MESH API, send message). Limits are checked before anything is sent. */
export interface OutgoingMessage {
	/** Recipient's mailbox ID, or the GPPROVIDER form. Patient data in the latter case: never logged. */
	to: string;
	workflowId: string;
	subject?: string;
	/** A fresh GUID when absent: it settles the outcome of an interrupted send. */
	localId?: string;
	fileName?: string;
	contentType?: string;
	/** Hex digest, optionally prefixed `algorithm:`; MESH refuses base64. */
	checksum?: string;
	partnerId?: string;
	/** Flag for the receiver: the content itself is encrypted. */
	contentEncrypted?: boolean;
	/** Flag for the receiver: the content itself is compressed. */
	contentCompressed?: boolean;
	source: MessageSource;
}

/** The text properties of a message that travel as headers. */
type HeaderParameter = 'to' | 'workflowId' | 'subject' | 'localId' | 'fileName' | 'contentType' | 'checksum' | 'partnerId';

interface HeaderRule {
	parameter: HeaderParameter & keyof OutgoingMessage;
	/** Name on the wire. */
	header: string;
	/** For people. */
	title: string;
	required?: boolean;
	/** Characters at most (MESH API, send message). */
	maxLength: number;
	/** MESH refuses values that begin like a web address. */
	refusesUrl?: boolean;
	/** What else the value must match, and how to say so. */
	pattern?: { test: RegExp; says: string; hint: string };
	/** The value can be patient data, so it is never shown. */
	hidden?: boolean;
}

/** The one place that knows names and limits of the headers of a message (MESH API, send message). */
export const SEND_HEADERS: readonly HeaderRule[] = [
	{ parameter: 'to', header: 'mex-to', title: 'recipient', required: true, maxLength: 100, refusesUrl: true, hidden: true },
	{ parameter: 'workflowId', header: 'mex-workflowid', title: 'workflow ID', required: true, maxLength: 300, refusesUrl: true },
	{ parameter: 'subject', header: 'mex-subject', title: 'subject', maxLength: 500 },
	{ parameter: 'localId', header: 'mex-localid', title: 'local ID', maxLength: 300 },
	{ parameter: 'fileName', header: 'mex-filename', title: 'file name', maxLength: 300 },
	{ parameter: 'contentType', header: 'mex-content-type', title: 'content type', maxLength: 100 },
	{
		parameter: 'checksum',
		header: 'mex-content-checksum',
		title: 'checksum',
		maxLength: 100,
		refusesUrl: true,
		pattern: {
			test: /^[A-Za-z0-9 :/-]*$/,
			says: 'may hold only letters, digits, spaces, colon, hyphen and slash',
			hint: 'Give the digest in hexadecimal: MESH refuses base64.',
		},
	},
	{ parameter: 'partnerId', header: 'mex-partnerid', title: 'partner ID', maxLength: 500 },
];

export function headerRule(parameter: HeaderParameter): HeaderRule {
	const rule = SEND_HEADERS.find((one) => one.parameter === parameter);
	if (!rule) throw invalidInput(parameter, `No header of MESH holds ${parameter}`, 'Leave it out.');
	return rule;
}

/**
 * The value as it goes out, without outer spaces (HTTP loses them anyway). Refused, naming parameter and limit: control
 * characters and line breaks, anything but printable ASCII (MESH does not say how it reads other text, and Node cannot send
 * all of it), values that are too long, web addresses and checksums where MESH refuses them.
 */
export function checkHeaderValue(rule: HeaderRule, value: string): string {
	const { parameter, title } = rule;
	const bad = [...value].find((character) => character < ' ' || character > '~');
	if (bad !== undefined) throw invalidInput(parameter, ...characterProblem(title, bad));
	const text = value.trim();
	if (rule.required && text === '') throw invalidInput(parameter, `The ${title} is empty`, `Give the ${title}.`);
	if (text.length > rule.maxLength) {
		throw invalidInput(
			parameter,
			`The ${title} has ${text.length} characters, MESH takes ${rule.maxLength} at most`,
			`Shorten the ${title}.`,
		);
	}
	if (rule.refusesUrl && /^https?:\/\//i.test(text)) {
		throw invalidInput(parameter, `The ${title} begins with http:// or https://, which MESH refuses`, 'Leave the web address out.');
	}
	if (rule.pattern && !rule.pattern.test.test(text)) {
		throw invalidInput(parameter, `The ${title} ${rule.pattern.says}`, rule.pattern.hint);
	}
	return text;
}

function characterProblem(title: string, character: string): [message: string, hint: string] {
	const codePoint = character.codePointAt(0) ?? 0;
	if (character === '\n' || character === '\r') {
		return [`The ${title} holds a line break, which MESH refuses`, 'Use one line.'];
	}
	const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`;
	if (codePoint < 0xa0) {
		return [`The ${title} holds the control character ${name}, which MESH refuses`, 'Remove it.'];
	}
	return [
		`The ${title} holds the character ${name}; only printable ASCII can be sent`,
		'Replace letters with accents, typographic quotes, dashes and other such characters by plain ones.',
	];
}

/** The headers that describe a message, every value checked. An absent or blank optional value is left out. */
export function buildSendHeaders(message: OutgoingMessage): Record<string, string> {
	const headers: Record<string, string> = {};
	for (const rule of SEND_HEADERS) {
		const value = checkHeaderValue(rule, message[rule.parameter] ?? '');
		if (value !== '') headers[rule.header] = value;
	}
	// Flags for the receiver only; MESH itself does nothing with them.
	if (message.contentEncrypted) headers['mex-content-encrypted'] = 'Y';
	if (message.contentCompressed) headers['mex-content-compressed'] = 'Y';
	headers['content-type'] = headers['mex-content-type'] ?? 'application/octet-stream';
	return headers;
}

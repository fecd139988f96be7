import { isObject, parseJson, textOf } from './answers';
import type { MeshAnswer } from './answers';
import { MeshError } from './errors';
import { headerOf } from './http/response';
import type { HttpResponse } from './http/response';
import { isMessageId } from './messageIds';
import { shownLine } from './redaction';
import type { Redact } from './redaction';

/**
 * `read`: asks only. `idempotent`: changes something, but twice is as good as once. `never`: the first request of a message,
 * whose repetition could send it twice.
 */
export type Repeatability = 'read' | 'idempotent' | 'never';

interface StatusContext {
	call: string;
	method: string;
	/** By our clock. */
	now: number;
	messageId?: string;
	localId?: string;
	settings: { redact: Redact };
}

const MAX_BODY_BYTES = 64 * 1024;

/** What an error status means for trying again (MESH API, errors: retry guidance). */
interface StatusRow {
	/** The same call may well succeed later. */
	temporary: boolean;
	/** The request may have taken effect all the same. */
	ambiguous: boolean;
	/** The calls that are repeated at once. */
	repeat: readonly Repeatability[];
	/** Tries in all, where fewer than usual make sense. */
	attempts?: number;
}

const EVERY_CALL: readonly Repeatability[] = ['read', 'idempotent', 'never'];
const HARMLESS_CALLS: readonly Repeatability[] = ['read', 'idempotent'];
const refusedUnread: StatusRow = { temporary: true, ambiguous: false, repeat: EVERY_CALL };
/** From gateways that may have passed the request on. */
const gatewayFailed: StatusRow = { temporary: true, ambiguous: true, repeat: HARMLESS_CALLS };
const final: StatusRow = { temporary: false, ambiguous: false, repeat: [] };
const STATUS_ROWS: Readonly<Record<number, StatusRow>> = {
	// The request came too slowly for something on the way, which may be behind what passed it on.
	408: gatewayFailed,
	425: refusedUnread,
	429: refusedUnread,
	// Seldom passes; a question may be asked again a little.
	500: { temporary: true, ambiguous: true, repeat: ['read'], attempts: 3 },
	501: final,
	502: gatewayFailed,
	503: refusedUnread,
	504: gatewayFailed,
};

export function statusRow(status: number): StatusRow {
	return STATUS_ROWS[status] ?? { ...final, ambiguous: status >= 500 };
}

/** The error of an answer that is not a success; its body is read and understood as far as possible. */
export async function statusError(answer: MeshAnswer, context: StatusContext): Promise<MeshError> {
	const { status, headers, clockDifferenceMs } = answer;
	const body = context.method === 'HEAD' ? '' : await bodyText(answer);
	const facts = readErrorBody(body, context.settings.redact);
	const said = describeFacts(facts);
	const origin = originOf(answer, context, body);
	const { temporary, ambiguous } = statusRow(status);
	return new MeshError(
		`Could not ${context.call}: ${origin === 'foreign' ? 'something in front of MESH' : 'MESH'} answered ${status}${said ? ` (${said})` : ''}`,
		{
			// What is gone or forbidden is MESH's to say.
			code: origin === 'foreign' ? 'MESH_PROTOCOL' : 'MESH_STATUS',
			call: context.call,
			httpStatus: status,
			meshEvent: facts.event,
			meshCode: facts.code,
			meshText: facts.text ?? (facts.fields ? `Not accepted: ${facts.fields.join(', ')}` : undefined),
			messageId: facts.messageId ?? context.messageId,
			localId: context.localId && context.settings.redact(context.localId),
			hint: statusHint({
				status,
				facts,
				origin,
				location: headerOf(headers, 'location') !== undefined,
				clockDifferenceMs,
				messageId: context.messageId,
				localId: context.localId,
			}),
			clockDifferenceMs,
			retryAfterMs: retryAfterMs(headerOf(headers, 'retry-after'), context.now),
			temporary,
			ambiguous,
		},
	);
}

/** `Retry-After` in milliseconds from now: seconds or an HTTP date; `undefined` when absent or unreadable. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
	if (value === undefined) return undefined;
	const text = value.trim();
	if (/^\d{1,9}(\.\d{1,9})?$/.test(text)) return Number(text) * 1000;
	// Only a form with letters: Date.parse reads bare numbers as years.
	if (!/^[A-Za-z]{3}/.test(text)) return undefined;
	const at = Date.parse(text);
	return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** Who answers; `unclear` for a bare 403, which MESH may send as well as others. */
type AnswerOrigin = 'mesh' | 'unclear' | 'foreign';

/** These would be believed: that nobody may, or that there is no such message (any more). So they must be MESH's own. */
const TO_BE_BELIEVED = [403, 404, 410];

function originOf({ status, headers }: MeshAnswer, { method }: StatusContext, body: string): AnswerOrigin {
	if (!TO_BE_BELIEVED.includes(status)) return 'mesh';
	// No answer to HEAD has a body, so its type has to do.
	if (method === 'HEAD') return /html/i.test(headerOf(headers, 'content-type') ?? '') ? 'foreign' : 'mesh';
	if (isMeshRefusal(body)) return 'mesh';
	return status === 403 && (body.trim() === '' || isObject(parseJson(body))) ? 'unclear' : 'foreign';
}

/** One of the forms that MESH gives a refusal. The framework's own `{"detail":"Not Found"}` comes from an address that does not exist. */
export function isMeshRefusal(body: string): boolean {
	const parsed = parseJson(body);
	if (!isObject(parsed)) return false;
	const { detail } = parsed;
	const entry: unknown = Array.isArray(detail) ? detail[0] : detail;
	return isObject(entry) ? 'msg' in entry || 'code' in entry : 'errorCode' in parsed || 'errorDescription' in parsed;
}

/** An answer cut short still has its status: what came of the body is used. */
async function bodyText({ body }: HttpResponse): Promise<string> {
	try {
		return textOf((await body.read(MAX_BODY_BYTES)).bytes);
	} catch {
		return '';
	}
}

function describeFacts({ event, code, text, fields }: ErrorFacts): string {
	const label = [event, code].filter((part) => part && part !== text).join(' ');
	return [label, text, fields && `not accepted: ${[...new Set(fields)].slice(0, 10).join(', ')}`].filter(Boolean).join(': ');
}

/** What an error answer says, whatever its shape. */
interface ErrorFacts {
	event?: string;
	code?: string;
	text?: string;
	messageId?: string;
	/** Names of headers or parameters that MESH found missing or wrong. */
	fields?: string[];
}

const MAX_TEXT = 300;

/**
 * Reads the body of an error (MESH API, errors: body shapes): v1 and v2 objects, validation lists, the generic and the
 * framework's message, XML, or nothing. Of validation entries only the field is kept: they may echo the value, which can be
 * patient data or the token. `redact` sees every text in one line and before it is cut, as half a secret would not be recognised.
 */
export function readErrorBody(body: string, redact: Redact = (text) => text): ErrorFacts {
	const parsed = parseJson(body);
	if (!isObject(parsed)) return /^\s*</.test(body) ? { text: markupText(body, redact) } : {};
	const messageId: unknown = parsed.message_id ?? parsed.messageID ?? parsed.messageId;
	const facts = factsOf(parsed, redact);
	return isMessageId(messageId) && redact(messageId) === messageId ? { ...facts, messageId } : facts;
}

function factsOf(parsed: Record<string, unknown>, redact: Redact): ErrorFacts {
	const compact = (texts: { event?: unknown; code?: unknown; text?: unknown }) => compacted(texts, redact);
	const { detail } = parsed;
	if (Array.isArray(detail)) {
		const entries = detail.slice(0, 50).filter(isObject);
		const fields = entries.map(({ loc }) => fieldOf(loc, redact)).filter((field) => field !== undefined);
		if (fields.length > 0) return { fields };
		const [first] = entries;
		if (first) return compact({ event: first.event, code: first.code, text: first.msg });
		return {};
	}
	if (typeof detail === 'string') return compact({ text: detail });
	if (isObject(detail)) return compact({ event: detail.event, code: detail.code, text: detail.msg });
	if ('errorCode' in parsed || 'errorDescription' in parsed || 'errorEvent' in parsed) {
		return compact({ event: parsed.errorEvent, code: parsed.errorCode, text: parsed.errorDescription });
	}
	return compact({ text: parsed.message });
}

/** The last part of a validation entry's place, such as `mex-to` of `["header", "mex-to"]`. */
function fieldOf(loc: unknown, redact: Redact): string | undefined {
	if (!Array.isArray(loc)) return undefined;
	const last: unknown = loc.at(-1);
	return typeof last === 'string' && /^[\w.-]{1,60}$/.test(last) && redact(last) === last ? last : 'request';
}

function compacted(facts: { event?: unknown; code?: unknown; text?: unknown }, redact: Redact): ErrorFacts {
	const result: ErrorFacts = {};
	const event = shortText(facts.event, redact);
	const code = shortText(facts.code, redact);
	const text = shortText(facts.text, redact);
	if (event) result.event = event;
	if (code) result.code = code;
	if (text) result.text = text;
	return result;
}

/** One line of bounded length, without control characters. Codes that came as numbers are accepted. */
function shortText(value: unknown, redact: Redact): string | undefined {
	const text = typeof value === 'number' ? String(value) : value;
	if (typeof text !== 'string') return undefined;
	return shownLine(text, redact, MAX_TEXT) || undefined;
}

/** The readable part of a SOAP fault or an HTML page of a gateway. */
function markupText(body: string, redact: Redact): string | undefined {
	const start = body.slice(0, 20_000);
	const named = /<(?:\w+:)?(?:faultstring|errorDescription|title)>([^<]{1,4000})</i.exec(start);
	return named ? shortText(named[1], redact) : undefined;
}

interface HintFacts {
	status: number;
	facts: ErrorFacts;
	origin?: AnswerOrigin;
	/** The answer names another address. */
	location: boolean;
	/** Server time minus ours, where the answer had a date. */
	clockDifferenceMs?: number;
	/** The message that the call is about. */
	messageId?: string;
	localId?: string;
}

/** MESH refuses tokens that are off by more (MESH API, authorization header). */
const ALLOWED_CLOCK_DIFFERENCE_MS = 2 * 60 * 60 * 1000;

/** What to do about an error status. */
export function statusHint(hint: HintFacts): string {
	const { status, facts, origin } = hint;
	if (origin === 'foreign') return FOREIGN_HINT;
	return hintByCode(facts.code) ?? HINTS[status]?.(hint) ?? otherStatus(status);
}

const FOREIGN_HINT =
	'The answer is not one of MESH. Check the base URL of the credential (the scheme and host of the environment, nothing else), and the proxies and firewalls between n8n and MESH.';

const HINTS: Readonly<Record<number, (hint: HintFacts) => string>> = {
	300: () => 'Several messages have this local ID. Use the message ID.',
	400: ({ facts }) =>
		facts.fields
			? 'Correct the values named above.'
			: 'Check the values sent. On some NHS addresses 400 also means that the client certificate was refused.',
	401: () =>
		'Something in front of MESH, such as a proxy, wants credentials of its own. Check the base URL, and HTTPS_PROXY of the n8n host.',
	403: forbidden,
	404: ({ messageId, localId }) =>
		messageId === undefined && localId === undefined
			? 'There is no such address on this server. Check the base URL of the credential: the scheme and host of the environment, nothing else.'
			: 'MESH does not know it, or it belongs to another mailbox. Check the ID and the mailbox of the credential.',
	405: () => 'Check the base URL: what answers there is not MESH.',
	406: () => 'The chunk number is above the number of chunks that the first chunk announced. Send the message anew, as a whole.',
	407: () => 'The proxy wants a user name and password: put them into HTTPS_PROXY of the n8n host.',
	408: () => 'Something on the way did not get the whole request in time. Try again later; on a slow link a smaller chunk size helps.',
	410: () =>
		'The message is no longer available: it was acknowledged, has expired, failed, or is still being uploaded. Its sender can track it, and send it again.',
	413: () => 'One request was larger than the server takes. Use a smaller chunk size.',
	417: () => 'MESH refused the message. Check the recipient mailbox ID and the workflow ID.',
	422: () => 'MESH did not accept the content encoding. Switch compression off, and send again.',
	423: () => 'The message is already complete, so no more chunks are taken. Track it to see its status.',
	425: () => 'Try again later.',
	429: () => 'Too many requests. Try again later, and poll less often.',
	500: () => 'MESH reports a fault of its own. Try again later; if it lasts, contact the NHS national service desk.',
	502: () => 'A gateway in front of MESH could not reach it. Try again later.',
	503: () => 'MESH is not available at the moment. Try again later.',
	504: () => 'A gateway in front of MESH did not get an answer in time. Try again later.',
};

function forbidden({ facts, origin, clockDifferenceMs, messageId }: HintFacts): string {
	if (clockDifferenceMs !== undefined && Math.abs(clockDifferenceMs) > ALLOWED_CLOCK_DIFFERENCE_MS) {
		return (
			`The clock of the n8n host is ${readableDifference(Math.abs(clockDifferenceMs))} ` +
			`${clockDifferenceMs > 0 ? 'behind' : 'ahead of'} the server's, and MESH allows two hours: set the clock right.`
		);
	}
	if (/inactive/i.test(facts.text ?? '')) return 'The mailbox is not active. Ask the NHS national service desk.';
	return (
		'Check the mailbox ID, the mailbox password and the shared key (all three of this environment), that the clock of the n8n ' +
		'host is right, and that the certificate belongs to this mailbox.' +
		(messageId === undefined ? '' : ' It may also be that the message belongs to another mailbox.') +
		(origin === 'unclear' ? ' MESH usually gives a reason, and here is none: a proxy or a firewall in front of it may have refused.' : '')
	);
}

function hintByCode(code: string | undefined): string | undefined {
	return code !== undefined && Object.hasOwn(CODE_HINTS, code) ? CODE_HINTS[code] : undefined;
}

/** Codes of MESH that say more than the status (MESH API, error catalogue). */
export const CODE_HINTS: Readonly<Record<string, string>> = {
	'06': 'A value holds control characters or begins with http:// or https://. Correct it, and send again.',
	'07': 'The sender does not match the mailbox of the credential. Check the mailbox ID there, and send again.',
	'08': 'Give the recipient mailbox ID.',
	'12': 'The recipient mailbox is not registered. Check its ID; look it up by ODS code and workflow ID.',
	'14': 'The recipient did not collect the message in time, or its mailbox is no longer active. Ask the recipient, then send it again.',
	'16': 'This mailbox may not send messages of this workflow. Ask for it to be registered as a sender.',
	'17': 'The workflow ID is not registered for the mailbox. Check its spelling, and ask for it to be registered.',
	'20': 'There is no such message in this mailbox. Check the message ID; it may also have been acknowledged or have expired.',
	'EPL-150': 'Several mailboxes match the patient. Send to the mailbox of the practice by its ID.',
	'EPL-151': 'No mailbox matches. Check the mailbox ID and the workflow ID.',
	'EPL-152': 'The NHS number is not valid. Correct it, and send again.',
	'EPL-153': 'The NHS number was not found. Check it in the patient record, or send to the mailbox of the practice by its ID.',
	'EPL-154': 'Date of birth or surname do not match the NHS number. Check the three in the patient record, and send again.',
	'Invalid checksum': 'MESH takes letters, digits, spaces, colon, hyphen and slash in a checksum: send it in hexadecimal, not base64.',
	InvalidHeaderChunks: 'The chunk number or the number of chunks is wrong. Do not change the chunk size of a started upload.',
	UnsupportedContentEncoding: 'MESH takes gzip or no compression. Switch compression off, and send again.',
};

function otherStatus(status: number): string {
	if (status >= 300 && status < 400) {
		return 'Redirects are not followed, as the answer could come from another host. Check the base URL: no path, and https rather than http.';
	}
	if (status >= 500) return 'Try again later.';
	return 'Check the values sent and the base URL.';
}

function readableDifference(milliseconds: number): string {
	const minutes = Math.round(milliseconds / 60_000);
	const hours = Math.floor(minutes / 60);
	if (hours >= 48) return `${Math.round(hours / 24)} days`;
	return `${hours} h ${minutes % 60} min`;
}

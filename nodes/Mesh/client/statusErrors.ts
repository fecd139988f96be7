import { isObject, parseJson, textOf } from './answers';
import type { MeshAnswer } from './answers';
import { MeshError } from './errors';
import { headerOf } from './http/response';
import type { HttpResponse } from './http/response';
import { isMessageId } from './values';
import { patientDetailsIn, shownLine } from './redaction';
import type { Redact } from './redaction';
import { adviceOn } from './statusAdvice';
import type { RefusalFacts } from './statusAdvice';

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
	/** Of a message that is sent: for the title. */
	to?: string;
	workflowId?: string;
	settings: { redact: Redact; mailboxId?: string };
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
	const { title, todo } = adviceOn({ status, ...facts, origin, clockDifferenceMs, ...subjectOf(context) });
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
			localId: context.localId,
			title,
			hint: todo,
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

/** What the call was about, as far as it may be shown. */
function subjectOf({ call, messageId, localId, to, workflowId, settings }: StatusContext): Partial<RefusalFacts> & { call: string } {
	const shown = (text: string | undefined) => text && settings.redact(text);
	return {
		call,
		mailboxId: settings.mailboxId,
		messageId,
		localId: shown(localId),
		to: to === undefined || isOfPatient(to) ? undefined : shown(to),
		workflowId: shown(workflowId),
	};
}

function isOfPatient(to: string): boolean {
	return patientDetailsIn(to).length > 0 || /GPPROVIDER/i.test(to);
}

/** These would be believed: that nobody may, or that there is no such message (any more). So they must be MESH's own. */
const TO_BE_BELIEVED = [403, 404, 410];

function originOf({ status, headers }: MeshAnswer, { method }: StatusContext, body: string): RefusalFacts['origin'] {
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

import { isMessageId } from '../inbox/messageIds';
import type { Redact } from './redacted';

/** What an error answer says, whatever its shape. */
export interface ErrorFacts {
	event?: string;
	code?: string;
	text?: string;
	messageId?: string;
	/** Names of headers or parameters that MESH found missing or wrong. */
	fields?: string[];
}

const MAX_TEXT = 300;
/** Read and redacted before the cut. */
const MAX_READ = 64 * 1024;

/**
 * Reads the body of an error (MESH API, errors: body shapes): v1 and v2 objects, validation lists, the generic and the
 * framework's message, XML, or nothing. Of validation entries only the field is kept: they may echo the value, which can be
 * patient data or the token. `redact` sees every text in one line and before it is cut, as half a secret would not be recognised.
 */
export function readErrorBody(body: string, redact: Redact = (text) => text): ErrorFacts {
	const parsed = parseObject(body);
	if (!parsed) return /^\s*</.test(body) ? { text: markupText(body, redact) } : {};
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
	// eslint-disable-next-line no-control-regex
	const line = redact(text.slice(0, MAX_READ).replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, ' ').trim());
	return line === '' ? undefined : line.slice(0, MAX_TEXT);
}

/** The readable part of a SOAP fault or an HTML page of a gateway. */
function markupText(body: string, redact: Redact): string | undefined {
	const start = body.slice(0, 20_000);
	const named = /<(?:\w+:)?(?:faultstring|errorDescription|title)>([^<]{1,4000})</i.exec(start);
	return named ? shortText(named[1], redact) : undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return isObject(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

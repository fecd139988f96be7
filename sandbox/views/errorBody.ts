import { CATALOGUE } from '../errors/catalogue';
import type { Behaviour } from '../contract/behaviour';
import { MeshRefusal, ValidationRefusal, type ValidationProblem } from '../errors/refusals';
import type { Answer } from '../server/answer';
import { contentTypeOf } from '../server/version';

const PLAIN = 'application/json';

/** The answer to any error thrown while a request was handled, in the shape of the version asked for. */
export function errorAnswer(error: unknown, version: number, answers: Behaviour['answers']): Answer {
	const contentType = answers === 'nhsSandbox' ? PLAIN : contentTypeOf(version);
	if (error instanceof ValidationRefusal)
		return json(400, { detail: answers === 'nhsSandbox' ? error.problems.map(inOlderWords) : error.problems }, contentType);
	if (!(error instanceof MeshRefusal)) return genericAnswer(500, contentType);
	const { event, code, text, status, shape } = error.entry as { shape?: string } & MeshRefusal['entry'];
	if (shape === 'generic') return json(status, { message: text }, contentType, error.headers);
	// These come from the server's framework, which knows nothing of versions.
	if (shape === 'framework') return json(status, { detail: text }, PLAIN, error.headers);
	const body =
		version < 2
			? { ...(error.messageId ? { messageID: error.messageId } : {}), errorEvent: event, errorCode: code, errorDescription: text }
			: { ...(error.messageId ? { message_id: error.messageId } : {}), detail: [{ event, code, msg: text }] };
	return json(status, body, contentTypeOf(version), error.headers);
}

/** As the library that the NHS sandbox is built on words it; the specification's examples are those of a later one. */
function inOlderWords({ loc, msg, type, ctx }: ValidationProblem): ValidationProblem {
	const [limit] = Object.values(ctx ?? {});
	const olderWords: Record<string, [string, string]> = {
		missing: ['value_error.missing', 'field required'],
		string_too_short: ['value_error.any_str.min_length', `ensure this value has at least ${limit} characters`],
		string_too_long: ['value_error.any_str.max_length', `ensure this value has at most ${limit} characters`],
		int_parsing: ['type_error.integer', 'value is not a valid integer'],
		greater_than_equal: ['value_error.number.not_ge', `ensure this value is greater than or equal to ${limit}`],
		less_than_equal: ['value_error.number.not_le', `ensure this value is less than or equal to ${limit}`],
		datetime_parsing: ['value_error.datetime', 'invalid datetime format'],
	};
	const [olderType, text] = olderWords[type] ?? [type, msg];
	return { loc, msg: text, type: olderType, ...(limit === undefined ? {} : { ctx: { limit_value: limit } }) };
}

/** MESH's generic body under any status. */
export const genericAnswer = (status: number, contentType = PLAIN): Answer =>
	json(status, { message: CATALOGUE.internalError.text }, contentType);

function json(status: number, body: unknown, contentType: string, headers: Record<string, string> = {}): Answer {
	return { status, headers: { 'content-type': contentType, ...headers }, body: JSON.stringify(body) };
}

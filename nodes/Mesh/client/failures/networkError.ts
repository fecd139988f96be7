import { isMeshError, MeshError } from '../errors';
import { errorCode } from './errorCode';
import { networkCauseOf } from './networkCodes';

export interface NetworkContext {
	/** The call in words. */
	call: string;
	host: string;
	/** True once the request was being written to a connection. */
	sent: boolean;
}

/** Turns what Node, OpenSSL or undici threw into a `MeshError`. Only the error's `code` is taken over, never its text. */
export function networkError(error: unknown, { call, host, sent }: NetworkContext): MeshError {
	if (isMeshError(error)) return error; // from the source of a request body
	const networkCode = codeOf(error);
	const { code, text, hint, temporary, refusedInTls } = networkCauseOf(networkCode);
	return new MeshError(`Could not ${call}: ${text} (${host}${networkCode ? `, ${networkCode}` : ''})`, {
		code,
		call,
		hint,
		temporary,
		networkCode,
		ambiguous: sent && !refusedInTls,
	});
}

/** The code of an error, or of what caused it: several attempts at connecting end in an AggregateError. */
function codeOf(error: unknown, depth = 0): string | undefined {
	if (typeof error !== 'object' || error === null || depth > 5) return undefined;
	const { cause, errors } = error as { cause?: unknown; errors?: unknown };
	const inner = codeOf(cause, depth + 1) ?? (Array.isArray(errors) ? codeOf(errors[0], depth + 1) : undefined);
	// undici's parser gives some of its errors no code.
	const own = errorCode(error) ?? (Reflect.get(error, 'name') === 'HTTPParserError' ? 'HPE_INVALID_RESPONSE' : undefined);
	// A general code with a special one beneath it: the special one explains more.
	return own === undefined || (own === 'UND_ERR_SOCKET' && inner !== undefined) ? (inner ?? own) : own;
}

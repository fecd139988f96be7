import { CATALOGUE } from '../errors/catalogue';
import type { Behaviour } from '../contract/behaviour';
import { MeshRefusal, ValidationRefusal } from '../errors/refusals';
import type { Answer } from '../server/answer';
import { contentTypeOf } from '../server/version';

const PLAIN = 'application/json';

/** The answer to any error thrown while a request was handled, in the shape of the version asked for. */
export function errorAnswer(error: unknown, version: number, answers: Behaviour['answers']): Answer {
	const contentType = answers === 'nhsSandbox' ? PLAIN : contentTypeOf(version);
	if (error instanceof ValidationRefusal) return json(400, { detail: error.problems }, contentType);
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

/** MESH's generic body under any status. */
export const genericAnswer = (status: number, contentType = PLAIN): Answer => json(status, { message: CATALOGUE.internalError.text }, contentType);

function json(status: number, body: unknown, contentType: string, headers: Record<string, string> = {}): Answer {
	return { status, headers: { 'content-type': contentType, ...headers }, body: JSON.stringify(body) };
}

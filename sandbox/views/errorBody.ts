import { CATALOGUE } from '../errors/catalogue';
import { MeshRefusal, ValidationRefusal } from '../errors/refusals';
import type { Answer } from '../server/answer';
import { contentTypeOf } from './contentType';

/** The answer to any error thrown while a request was handled, in the shape of the version asked for. */
export function errorAnswer(error: unknown, version: number): Answer {
	if (error instanceof ValidationRefusal) return json(400, { detail: error.problems }, 'application/json');
	if (!(error instanceof MeshRefusal)) return genericAnswer(500);
	const { event, code, text, status, shape } = error.entry as { shape?: string } & MeshRefusal['entry'];
	if (shape === 'generic') return json(status, { message: text }, 'application/json', error.headers);
	if (shape === 'framework') return json(status, { detail: text }, 'application/json', error.headers);
	const body =
		version < 2
			? { ...(error.messageId ? { messageID: error.messageId } : {}), errorEvent: event, errorCode: code, errorDescription: text }
			: { ...(error.messageId ? { message_id: error.messageId } : {}), detail: [{ event, code, msg: text }] };
	return json(status, body, contentTypeOf(version), error.headers);
}

/** MESH's generic body under any status. */
export const genericAnswer = (status: number): Answer => json(status, { message: CATALOGUE.internalError.text }, 'application/json');

function json(status: number, body: unknown, contentType: string, headers: Record<string, string> = {}): Answer {
	return { status, headers: { 'content-type': contentType, ...headers }, body: JSON.stringify(body) };
}

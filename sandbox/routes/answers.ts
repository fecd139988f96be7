import { jsonAnswer, type Answer } from '../server/answer';
import type { MeshRequest } from '../server/context';
import { contentTypeOf } from '../server/version';

/** JSON in the media type of the version asked for. */
export const vendorJson = (request: MeshRequest, body: unknown): Answer => jsonAnswer(body, 200, contentTypeOf(request.version()));

/** JSON of the calls that the NHS sandbox answers in plain `application/json` whatever the version. */
export function plainJson(request: MeshRequest, body: unknown, status = 200): Answer {
	const plain = request.context.behaviour.answers === 'nhsSandbox';
	return jsonAnswer(body, status, plain ? 'application/json' : contentTypeOf(request.version()));
}

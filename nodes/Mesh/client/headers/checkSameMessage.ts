import { MeshError } from '../errors';
import type { MessageHeaders } from '../types';

/** An answer about another message than the one asked for would be processed, and acknowledged, as the wrong one. */
export function checkSameMessage(headers: MessageHeaders, requestedId: string, call: string): MessageHeaders {
	if (headers.messageId.toUpperCase() === requestedId.toUpperCase()) return headers;
	throw new MeshError(`Could not ${call}: the answer is about another message`, {
		code: 'MESH_INTEGRITY',
		call,
		messageId: requestedId,
		hint: 'Something between here and MESH mixes answers up. Check proxies and caches on the way.',
		temporary: true,
	});
}

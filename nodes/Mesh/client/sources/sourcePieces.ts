import { invalidInput, isMeshError, MeshError } from '../errors';
import { errorCode } from '../failures/errorCode';
import type { MessageSource } from '../types';

/**
 * A range of a source, checked to have exactly the announced length. Whatever goes wrong in the source becomes a `MeshError`
 * of the parameter `source`, so that it is not taken for a fault of the network.
 */
export async function* sourcePieces(source: MessageSource, start: number, end: number): AsyncGenerator<Uint8Array, void, void> {
	let rest = end - start;
	let failure: MeshError | undefined;
	try {
		for await (const piece of source.read(start, end)) {
			rest -= piece.length;
			if (rest < 0) break;
			if (piece.length > 0) yield piece;
		}
	} catch (error) {
		failure = sourceError(error);
	}
	if (failure) throw failure;
	if (rest < 0) throw invalidInput('source', 'The content is longer than its announced size', HINT);
	if (rest > 0) throw invalidInput('source', 'The content ended before its announced size', HINT);
}

const HINT = 'Send content that is complete and does not change while it is sent.';

function sourceError(error: unknown): MeshError {
	if (isMeshError(error)) return error;
	const networkCode = errorCode(error);
	return new MeshError(`The content could not be read${networkCode ? ` (${networkCode})` : ''}`, {
		code: 'MESH_INVALID_INPUT',
		parameter: 'source',
		networkCode,
		hint: 'Check that the file or binary data still exists and can be read.',
		temporary: false,
	});
}

import { invalidInput, isMeshError, MeshError } from '../errors';
import { errorCode } from '../failures/errorCode';
import type { MessageSource } from '../types';

/** Progress is watched piece by piece: a whole chunk in one, as content in memory comes, would seem to stall on a slow line. */
const MAX_PIECE_BYTES = 256 * 1024;

/**
 * A range of a source, checked to have exactly the announced length, in pieces of at most 256 KiB. Whatever goes wrong in the source becomes a `MeshError`
 * of the parameter `source`, so that it is not taken for a fault of the network.
 */
export async function* sourcePieces(source: MessageSource, start: number, end: number): AsyncGenerator<Uint8Array, void, void> {
	let rest = end - start;
	let failure: MeshError | undefined;
	try {
		for await (const piece of source.read(start, end)) {
			rest -= piece.length;
			if (rest < 0) break;
			for (let at = 0; at < piece.length; at += MAX_PIECE_BYTES) yield piece.subarray(at, at + MAX_PIECE_BYTES);
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

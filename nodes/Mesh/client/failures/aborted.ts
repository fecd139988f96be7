import { MeshError } from '../errors';
import type { MeshErrorDetails } from '../errors';

/** The caller's signal ended a call. */
export function abortedError(call: string, signal: AbortSignal | undefined, details: Partial<MeshErrorDetails> = {}): MeshError {
	// The reason of a signal may be anything, so none of it is taken over.
	void signal;
	return new MeshError(`Cancelled: ${call}`, { code: 'MESH_ABORTED', call, temporary: false, ...details });
}

export function throwIfAborted(call: string, signal: AbortSignal | undefined): void {
	if (signal?.aborted) throw abortedError(call, signal);
}

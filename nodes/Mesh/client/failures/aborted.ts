import { MeshError } from '../errors';
import type { MeshErrorDetails } from '../errors';

/** The caller's signal ended a call. The signal's reason is not taken over: it may hold anything. */
export function abortedError(call: string, details: Partial<MeshErrorDetails> = {}): MeshError {
	return new MeshError(`Cancelled: ${call}`, { code: 'MESH_ABORTED', call, temporary: false, ...details });
}

export function throwIfAborted(call: string, signal: AbortSignal | undefined): void {
	if (signal?.aborted) throw abortedError(call);
}

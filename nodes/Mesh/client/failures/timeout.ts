import { MeshError } from '../errors';

/** No progress for too long; `sending` means that the server stopped reading, `waiting` that no answer came. */
export function timeoutError(call: string, host: string, phase: 'sending' | 'waiting', milliseconds: number): MeshError {
	const seconds = Math.round(milliseconds / 1000);
	const what = phase === 'sending' ? `${host} stopped accepting data for ${seconds} s` : `${host} did not answer within ${seconds} s`;
	return new MeshError(`Could not ${call}: ${what}`, {
		code: 'MESH_TIMEOUT',
		call,
		networkCode: phase === 'sending' ? 'MESH_SEND_STALLED' : 'MESH_RESPONSE_TIMEOUT',
		hint: 'The connection or the service is slow or stuck. Try again later; on a slow link a smaller chunk size helps.',
		temporary: true,
		ambiguous: true,
	});
}

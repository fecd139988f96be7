import { isMeshError, MeshError } from '../errors';
import type { MeshErrorDetails } from '../errors';
import { errorCode } from './errorCode';

/** A `MeshError` with further details filled in where it has none; anything else becomes one, without its text. */
export function asMeshError(error: unknown, call: string, details: Partial<MeshErrorDetails> = {}): MeshError {
	if (isMeshError(error)) return withDetails(error, details);
	const what = errorCode(error) ?? typeof error;
	return new MeshError(`Could not ${call}: something unexpected happened in the client (${what})`, {
		code: 'MESH_PROTOCOL',
		call,
		hint: 'This looks like a fault in the node: please report it with the version of the package.',
		temporary: false,
		...details,
	});
}

/** Adds what the place of the failure did not know; what the error says already stays. */
export function withDetails(error: MeshError, details: Partial<MeshErrorDetails>): MeshError {
	for (const [name, value] of Object.entries(details)) {
		if (value !== undefined && Reflect.get(error, name) === undefined) Object.assign(error, { [name]: value });
	}
	return error;
}

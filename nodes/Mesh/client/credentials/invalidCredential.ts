import { MeshError } from '../errors';

/** A refusal of something in the credential; `parameter` is the property of the options it is about. */
export function invalidCredential(parameter: string, message: string, hint?: string): MeshError {
	return new MeshError(message, { code: 'MESH_INVALID_CREDENTIAL', parameter, hint, temporary: false });
}

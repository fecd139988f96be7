import { refuse } from '../errors/refusals';

/** API version asked for (MESH API, versions): 1 unless `Accept` names another. Throws 400 for a malformed vendor type. */
export function requestedVersion(accept: string | undefined): number {
	const vendor = accept
		?.split(';')
		.map((part) => part.trim())
		.find((part) => part.includes('vnd.mesh'));
	if (vendor === undefined) return 1;
	const [, digits] = /^application\/vnd\.mesh\.v(\d+)\+json$/.exec(vendor) ?? [];
	if (digits === undefined) throw refuse('acceptHeader');
	return Math.max(1, Number(digits));
}

/** For errors, which must have a shape even when `Accept` is what is wrong. */
export function versionForErrors(accept: string | undefined): number {
	try {
		return requestedVersion(accept);
	} catch {
		return 1;
	}
}

/** Media type of a JSON answer in the given API version. */
export const contentTypeOf = (version: number): string => (version < 2 ? 'application/json' : 'application/vnd.mesh.v2+json');

/** Media type of a JSON answer in the given API version. */
export const contentTypeOf = (version: number): string => (version < 2 ? 'application/json' : 'application/vnd.mesh.v2+json');

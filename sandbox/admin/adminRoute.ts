import type { Answer } from '../server/answer';
import type { MeshRequest, Route } from '../server/context';

/** An admin call: below /messageexchange/admin, without a token, from this machine only. */
export const adminRoute = (method: string, path: string, handle: (request: MeshRequest) => Answer | Promise<Answer>): Route => ({
	call: 'other',
	methods: [method],
	path: `/messageexchange/admin${path}`,
	access: 'loopback',
	handle,
});

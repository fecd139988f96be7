import { emptyAnswer, jsonAnswer } from '../server/answer';
import type { Route } from '../server/context';

const status = () => jsonAnswer({ env: 'sandbox', build_label: 'sandbox', status: 'running', outcome: 'Yes' });

/** Liveness, in the spellings of the NHS sandbox. */
export const pings: Route[] = ['/messageexchange/_ping', '/_ping', '/health'].map((path) => ({ call: 'ping', methods: ['GET'], path, access: 'open', handle: status }));

/** What the Java client tells about itself; kept by nobody. */
export const update: Route = {
	call: 'other',
	methods: ['POST'],
	path: '/messageexchange/:mailbox/update',
	access: 'token',
	handle(request) {
		request.version();
		return emptyAnswer();
	},
};

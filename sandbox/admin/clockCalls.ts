import { jsonAnswer } from '../server/answer';
import type { SandboxContext } from '../server/context';
import { adminRoute } from './adminRoute';
import { bodyProblem, readJson } from './jsonBody';

const show = ({ clock }: SandboxContext) => jsonAnswer({ now: new Date(clock.now()).toISOString() });

/** Shows sandbox time, or moves it on by `advance_ms`: expiries and deletions that fall due happen at once. */
export const clockCalls = [
	adminRoute('GET', '/clock', ({ context }) => show(context)),
	adminRoute('POST', '/clock', async (request) => {
		const milliseconds = (await readJson(request)).optionalNumber('advance_ms');
		if (milliseconds === undefined || milliseconds < 0) throw bodyProblem('advance_ms', 'Input should be a number, 0 or more');
		request.context.clock.advance(milliseconds);
		return show(request.context);
	}),
];

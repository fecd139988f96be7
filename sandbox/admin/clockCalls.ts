import { jsonAnswer } from '../server/answer';
import type { SandboxContext } from '../server/context';
import { adminRoute } from './adminRoute';
import { bodyProblem, readJson } from './jsonBody';

const show = ({ clock }: SandboxContext) => jsonAnswer({ now: new Date(clock.now()).toISOString(), ahead_ms: clock.offsetMs });

/** Shows sandbox time, moves it on by `advance_ms`, or sets it right again: what falls due happens at once. */
export const clockCalls = [
	adminRoute('GET', '/clock', ({ context }) => show(context)),
	adminRoute('POST', '/clock', async (request) => {
		const { clock } = request.context;
		const fields = await readJson(request);
		const [milliseconds, isReset] = [fields.optionalNumber('advance_ms'), fields.optionalFlag('reset') ?? false];
		if (isReset) {
			if (milliseconds !== undefined) throw bodyProblem('reset', 'Give either reset or advance_ms');
			clock.reset();
		} else {
			if (milliseconds === undefined || !clock.canAdvance(milliseconds)) throw bodyProblem('advance_ms', 'Input should be a number, 0 or more, that leads to the year 9999 at most');
			clock.advance(milliseconds);
		}
		return show(request.context);
	}),
];

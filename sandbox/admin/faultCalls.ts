import { emptyAnswer, jsonAnswer } from '../server/answer';
import { parseFaultRule } from '../faults/parseFaultRule';
import { adminRoute } from './adminRoute';
import { bodyProblem, readJson } from './jsonBody';

/** Shows, arms and clears faults; a `path` between slashes is an expression, any other a text. */
export const faultCalls = [
	adminRoute('GET', '/faults', ({ context }) => {
		const rules = context.faults.list().map((rule) => ({ ...rule, path: rule.path?.toString() }));
		return jsonAnswer({ faults: rules });
	}),
	adminRoute('POST', '/faults', async (request) => {
		const rule = parseFaultRule((await readJson(request)).all);
		if ('problem' in rule) throw bodyProblem(rule.field, rule.problem);
		request.context.faults.arm(rule);
		return emptyAnswer(201);
	}),
	adminRoute('DELETE', '/faults', ({ context }) => {
		context.faults.clear();
		return emptyAnswer();
	}),
];

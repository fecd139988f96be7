import { jsonAnswer } from '../server/answer';
import { changeBehaviour } from '../contract/changeBehaviour';
import { adminRoute } from './adminRoute';
import { bodyProblem, readJson } from './jsonBody';

/** Shows the switches, or changes those given. */
export const behaviourCalls = [
	adminRoute('GET', '/behaviour', ({ context }) => jsonAnswer(context.behaviour)),
	adminRoute('PATCH', '/behaviour', async (request) => {
		const { all } = await readJson(request);
		const { behaviour, journal } = request.context;
		const problem = changeBehaviour(behaviour, all);
		if (problem) throw bodyProblem(problem.name, problem.text);
		journal.switches(all);
		return jsonAnswer(behaviour);
	}),
];

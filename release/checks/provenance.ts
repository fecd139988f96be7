import { read } from '../commands';
import type { Outcome } from '../outcome';

export function provenance(): Outcome {
	const workflow = read('.github/workflows/publish.yml');
	const problems = [/npm publish [^\n]*--provenance/, /id-token: write/]
		.filter((part) => !part.test(workflow))
		.map((part) => `publish.yml lacks ${part.source}`);
	return { problems, seen: 'publish.yml' };
}

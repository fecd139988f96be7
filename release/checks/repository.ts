import { output, read } from '../commands';
import type { Outcome } from '../outcome';
import { keyProblem } from '../rules';

/** No key in any file that git knows. */
export function repository(): Outcome {
	const paths = output('git', ['ls-files', '-z']).split('\0').filter(Boolean);
	const problems = paths.map((path) => keyProblem(path, read(path))).filter((one) => one !== undefined);
	return { problems: paths.length > 0 ? problems : ['git lists no files'], seen: `${paths.length} files` };
}

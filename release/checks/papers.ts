import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { changelogProblems } from '../changelogRules';
import { json, read, root } from '../commands';
import { linkProblems } from '../linkRules';
import type { Outcome } from '../outcome';

/** The changelog has an entry for the version, and what npm shows of the package leads nowhere wrong. */
export function changelog(): Outcome {
	const { version } = json('package.json') as { version: string };
	return { problems: changelogProblems(read('CHANGELOG.md'), version), seen: `an entry for ${version}` };
}

export function readme(): Outcome {
	const page = read('README.md');
	return {
		problems: page === '' ? ['there is none'] : linkProblems(page, (path) => existsSync(join(root, path))),
		seen: 'every relative link leads to a file',
	};
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { demoFolder } from '../../n8n-lab/paths';
import { runCommand } from '../../n8n-lab/machine/processes';
import { root } from '../commands';
import type { Outcome } from '../outcome';

const TIMEOUT_MS = 15 * 60_000;

/** n8n's rules for community nodes, over the whole repository, with no warning either. */
export async function lint(): Promise<Outcome> {
	mkdirSync(demoFolder, { recursive: true });
	await runCommand({
		name: 'npm run lint',
		command: 'npm',
		args: ['run', 'lint', '--', '--max-warnings', '0'],
		cwd: root,
		logFile: join(demoFolder, 'release-lint.log'),
		timeoutMs: TIMEOUT_MS,
	});
	return { problems: [], seen: "n8n's rules for community nodes and ours: no error, no warning" };
}

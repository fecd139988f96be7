import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { demoFolder } from '../../n8n-lab/paths';
import { runCommand } from '../../n8n-lab/machine/processes';
import { root } from '../commands';
import type { Outcome } from '../outcome';

const TIMEOUT_MS = 10 * 60_000;

/** Always anew: what is published must come from these sources. */
export async function build(): Promise<Outcome> {
	mkdirSync(demoFolder, { recursive: true });
	await runCommand({
		name: 'npm run build',
		command: 'npm',
		args: ['run', 'build'],
		cwd: root,
		logFile: join(demoFolder, 'release-build.log'),
		timeoutMs: TIMEOUT_MS,
	});
	return { problems: [], seen: 'dist/ is of these sources' };
}

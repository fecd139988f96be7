import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureHost } from '../../demo/host/installHost';
import { buildPackage } from '../../demo/package/buildPackage';
import { demoFolder, repositoryFolder } from '../../demo/paths';
import { describeFailure } from '../../demo/problem';
import { createProgress } from '../../demo/progress';
import { stopAllProcesses } from '../../demo/system/managedProcess';
import { testedHost } from './support/testedHost';

/** Installs the pinned n8n and builds the package where needed, then runs jest. @returns jest's exit code */
export async function main(args: string[]): Promise<number> {
	process.once('SIGTERM', () => void stopAllProcesses().finally(() => process.exit(143)));
	try {
		const { step } = createProgress();
		mkdirSync(demoFolder, { recursive: true });
		await step('Building the package', async (detail) =>
			detail((await buildPackage(join(demoFolder, 'build.log'))) ? '' : 'built earlier'),
		);
		await step('Installing n8n', async (detail) => await ensureHost(testedHost, detail));
	} catch (error) {
		console.error(describeFailure(error));
		return 1;
	}
	return await runJest(args);
}

async function runJest(args: string[]): Promise<number> {
	const jest = spawn(
		process.execPath,
		[require.resolve('jest/bin/jest'), '--config', join(__dirname, 'jest.config.js'), ...args],
		{ cwd: repositoryFolder, stdio: 'inherit' },
	);
	// A terminal's Ctrl-C reaches jest by itself; it ends n8n and then itself.
	process.on('SIGINT', () => undefined);
	process.on('SIGTERM', () => jest.kill('SIGTERM'));
	return await new Promise((resolve) => jest.once('exit', (code) => resolve(code ?? 1)));
}

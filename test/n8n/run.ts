import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureHost } from '../../n8n-lab/host/installHost';
import { n8n1, n8n2 } from '../../n8n-lab/host/pinnedHosts';
import { buildPackage } from '../../n8n-lab/host/buildPackage';
import { demoFolder, repositoryFolder } from '../../n8n-lab/paths';
import { describeFailure, createProgress } from '../../n8n-lab/terminal';
import { stopAllProcesses } from '../../n8n-lab/machine/processes';

/**
 * Installs the pinned n8n and builds the package where needed, then runs jest.
 * @param version of n8n, 1 or 2
 * @param args jest's, such as a part of a file name
 * @returns jest's exit code
 */
export async function main([version, ...args]: string[]): Promise<number> {
	process.env.MESH_TESTED_N8N = version;
	process.once('SIGTERM', () => void stopAllProcesses().finally(() => process.exit(143)));
	try {
		const { step } = createProgress();
		mkdirSync(demoFolder, { recursive: true });
		await step('Building the package', async (detail) =>
			detail((await buildPackage(join(demoFolder, 'build.log'))) ? '' : 'built earlier'),
		);
		await step('Installing n8n', async (detail) => await ensureHost(version === '1' ? n8n1 : n8n2, detail));
	} catch (error) {
		console.error(describeFailure(error));
		return 1;
	}
	return await runJest(args);
}

async function runJest(args: string[]): Promise<number> {
	const jest = spawn(process.execPath, [require.resolve('jest/bin/jest'), '--config', join(__dirname, 'jest.config.js'), ...args], {
		cwd: repositoryFolder,
		stdio: 'inherit',
	});
	// A terminal's Ctrl-C reaches jest by itself; it ends n8n and then itself.
	process.on('SIGINT', () => undefined);
	process.on('SIGTERM', () => jest.kill('SIGTERM'));
	return await new Promise((resolve) => jest.once('exit', (code) => resolve(code ?? 1)));
}

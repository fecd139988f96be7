import { rmSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureHost } from '../../../n8n-lab/host/installHost';
import { startN8n } from '../../../n8n-lab/host/n8nProcess';
import { N8nRest } from '../../../n8n-lab/rest/restClient';
import { installPackage } from '../../../n8n-lab/host/installPackage';
import { createProgress } from '../../../n8n-lab/terminal';
import { ENDING_SIGNALS } from '../../../n8n-lab/machine/processes';
import { findFreePorts } from '../../../n8n-lab/machine/ports';
import { SHARED_N8N_VARIABLE, testedHost } from '../support/sharedN8n';
import type { SharedN8n } from '../support/sharedN8n';

/**
 * Starts an n8n for each of jest's workers, with the packed package installed: test files that run at the same time would
 * overwrite each other's credentials, which have the names that the examples ask for.
 */
export default async function globalSetup({ maxWorkers }: { maxWorkers: number }): Promise<void> {
	// Ending by a signal skips jest's teardown; what was started ends with this process (see managedProcess).
	for (const signal of ENDING_SIGNALS) process.once(signal, () => process.exit(1));

	const folders = await Promise.all(Array.from({ length: maxWorkers }, async () => await mkdtemp(join(tmpdir(), 'nhs-mesh-n8n-'))));
	process.once('exit', () => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
	const { step } = createProgress();
	const packageFolders = await step(
		'Packing the package and installing it into n8n',
		async () => await Promise.all(folders.map(installInto)),
	);
	const shared = await step('Starting n8n', async () => {
		const ports = await findFreePorts(2 * folders.length);
		return await Promise.all(folders.map(async (folder, at) => await start(folder, packageFolders[at], ports[2 * at], ports[2 * at + 1])));
	});
	process.env[SHARED_N8N_VARIABLE] = JSON.stringify(shared);
}

const userFolderOf = (folder: string) => join(folder, 'user');

async function installInto(folder: string): Promise<string> {
	return (await installPackage(userFolderOf(folder), join(folder, 'package.log'))).folder;
}

async function start(folder: string, packageFolder: string, port: number, brokerPort: number): Promise<SharedN8n> {
	const userFolder = userFolderOf(folder);
	const filesFolder = join(folder, 'files');
	await mkdir(filesFolder);
	const logFile = join(folder, 'n8n.log');
	const owner = { email: 'tests@example.com', password: 'Mesh-tests-1' };
	const host = await ensureHost(testedHost, () => undefined);
	const { url } = await startN8n({ host, userFolder, port, brokerPort, filesFolder }, logFile);
	await new N8nRest(url).signIn(owner);
	return { url, owner, folder, packageFolder, filesFolder, userFolder, logFile };
}

import { rmSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureHost } from '../../../demo/host/installHost';
import { startN8n } from '../../../demo/n8n/n8nProcess';
import { N8nRest } from '../../../demo/n8n/restClient';
import { installPackage } from '../../../demo/package/installPackage';
import { createProgress } from '../../../demo/progress';
import { ENDING_SIGNALS } from '../../../demo/system/managedProcess';
import { findFreePorts } from '../../../demo/system/ports';
import { SHARED_N8N_VARIABLE } from '../support/sharedN8n';
import type { SharedN8n } from '../support/sharedN8n';
import { testedHost } from '../support/testedHost';

/** Starts the one n8n that all tests of a run use, in a temporary folder, with the packed package installed. */
export default async function globalSetup(): Promise<void> {
	// Ending by a signal skips jest's teardown; what was started ends with this process (see managedProcess).
	for (const signal of ENDING_SIGNALS) process.once(signal, () => process.exit(1));

	const folder = await mkdtemp(join(tmpdir(), 'nhs-mesh-n8n-'));
	process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
	const userFolder = join(folder, 'user');
	const filesFolder = join(folder, 'files');
	await mkdir(filesFolder);
	const logFile = join(folder, 'n8n.log');
	const { step } = createProgress();
	const { folder: packageFolder } = await step(
		'Packing the package and installing it into n8n',
		async () => await installPackage(userFolder, join(folder, 'package.log')),
	);
	const owner = { email: 'tests@example.com', password: 'Mesh-tests-1' };
	const url = await step('Starting n8n', async () => {
		const host = await ensureHost(testedHost, () => undefined);
		const [port, brokerPort] = await findFreePorts(2);
		const server = await startN8n({ host, userFolder, port, brokerPort, filesFolder }, logFile);
		await new N8nRest(server.url).signIn(owner);
		return server.url;
	});
	const shared: SharedN8n = { url, owner, folder, packageFolder, filesFolder, userFolder, logFile };
	process.env[SHARED_N8N_VARIABLE] = JSON.stringify(shared);
}

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureHost } from '../../n8n-lab/host/installHost';
import { n8n2 } from '../../n8n-lab/host/pinnedHosts';
import { startN8n } from '../../n8n-lab/host/n8nProcess';
import { N8nRest } from '../../n8n-lab/rest/restClient';
import { installPackage } from '../../n8n-lab/host/installPackage';
import { stopAllProcesses } from '../../n8n-lab/machine/processes';
import { findFreePorts } from '../../n8n-lab/machine/ports';
import { loadedProblems, type LoadedType } from '../loadedRules';
import type { Outcome } from '../outcome';

/** Only for the few seconds that this n8n runs. */
const OWNER = { email: 'release@example.com', password: 'Release-check-1' };

/**
 * Packs the package, installs the tarball into a real n8n as n8n's own installer does, starts it, and asks what it has loaded.
 * Installs n8n first where it is missing, which takes minutes.
 */
export async function loads(): Promise<Outcome> {
	const folder = await mkdtemp(join(tmpdir(), 'nhs-mesh-release-'));
	const userFolder = join(folder, 'user');
	try {
		const host = await ensureHost(n8n2, () => undefined);
		const { folder: packageFolder } = await installPackage(userFolder, join(folder, 'package.log'));
		const [port, brokerPort] = await findFreePorts(2);
		const { url } = await startN8n({ host, userFolder, port, brokerPort }, join(folder, 'n8n.log'));
		const rest = new N8nRest(url);
		await rest.signIn(OWNER);
		const types = async (kind: string) => (await (await rest.request('GET', `/types/${kind}.json`)).json()) as LoadedType[];
		const problems = loadedProblems(await types('nodes'), await types('credentials'));
		if (!existsSync(join(packageFolder, 'node_modules', 'undici', 'package.json'))) problems.push('undici was not installed with it');
		return { problems, seen: `n8n ${host.version} lists both nodes, the tool and the credential` };
	} finally {
		await stopAllProcesses();
		await rm(folder, { recursive: true, force: true });
	}
}

import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPackage } from '../n8n-lab/host/buildPackage';
import { ensureHost } from '../n8n-lab/host/installHost';
import { installPackage } from '../n8n-lab/host/installPackage';
import { startN8n } from '../n8n-lab/host/n8nProcess';
import { n8n2 } from '../n8n-lab/host/pinnedHosts';
import { findFreePorts } from '../n8n-lab/machine/ports';
import type { ManagedProcess } from '../n8n-lab/machine/processes';
import { sandboxCredential } from '../n8n-lab/rest/credentials';
import type { ClientCertificates } from '../n8n-lab/rest/credentials';
import { N8nRest } from '../n8n-lab/rest/restClient';
import type { Owner } from '../n8n-lab/rest/restClient';
import { problem } from '../n8n-lab/terminal';
import type { Progress } from '../n8n-lab/terminal';
import { importDemo } from './importDemo';
import { readClientCertificates, startSandboxProcess } from './sandbox';

export interface DemoPlace {
	/** Data, certificates, logs, n8n's user folder. */
	folder: string;
	port: number;
	sandboxPort: number;
}

/** n8n with the package in it, the sandbox, credentials and workflows: all running. */
export interface Demo {
	url: string;
	sandboxUrl: string;
	owner: Owner;
	/** Signed in as the owner. */
	rest: N8nRest;
	certificates: ClientCertificates;
	processes: ManagedProcess[];
}

/** Steps that startDemo announces. */
export const DEMO_STEPS = 6;

/** Mailboxes that the example workflows use. */
const MAILBOXES = ['X26ABC1', 'X26ABC2'];

/**
 * Installs, builds and starts everything, skipping what is done already.
 * Processes are ended by stopAllProcesses().
 */
export async function startDemo({ folder, port, sandboxPort }: DemoPlace, { step }: Progress): Promise<Demo> {
	const userFolder = join(folder, 'n8n');
	const filesFolder = join(folder, 'files');
	await mkdir(filesFolder, { recursive: true });
	const log = (name: string) => join(folder, `${name}.log`);
	for (const name of ['build', 'package', 'sandbox', 'n8n']) await rm(log(name), { force: true });
	const earlier = (done: boolean) => (done ? '' : 'done earlier');

	await step('Building the package', async (detail) => detail(earlier(await buildPackage(log('build')))));
	const host = await step('Installing n8n', async (detail) => await ensureHost(n8n2, detail));
	await step('Installing the package into n8n', async (detail) =>
		detail(earlier((await installPackage(userFolder, log('package'))).installed)),
	);
	const sandboxUrl = `https://localhost:${sandboxPort}`;
	const sandbox = await step('Starting the MESH sandbox', async (detail) => {
		detail(sandboxUrl);
		return await startSandboxProcess(sandboxPort, folder);
	});
	const n8n = await step('Starting n8n', async (detail) => {
		detail(`http://localhost:${port}`);
		const [brokerPort] = await findFreePorts(1);
		return await startN8n({ host, userFolder, port, brokerPort, filesFolder }, log('n8n'));
	});
	const owner = await readOrMakeOwner(join(userFolder, 'owner.json'));
	const rest = new N8nRest(n8n.url);
	const certificates = await readClientCertificates(folder);
	await step('Importing credentials and workflows', async (detail) => {
		await signIn(rest, owner, folder);
		const credentials = MAILBOXES.map((mailbox) => sandboxCredential(mailbox, sandboxUrl, certificates));
		detail(`${await importDemo(rest, credentials, join(userFolder, 'imported.json'))} new or changed`);
	});
	return { url: n8n.url, sandboxUrl, owner, rest, certificates, processes: [n8n.process, sandbox] };
}

async function signIn(rest: N8nRest, owner: Owner, folder: string): Promise<void> {
	try {
		await rest.signIn(owner);
	} catch (error) {
		throw problem(
			`Signing in to n8n failed: if its owner was changed, delete ${folder} and start again. (${(error as Error).message})`,
			error,
		);
	}
}

/** The demo's account: made up on the first start, kept in a file that only this user can read. */
export async function readOrMakeOwner(file: string): Promise<Owner> {
	const stored = await readFile(file, 'utf8').catch(() => undefined);
	if (stored !== undefined) return JSON.parse(stored) as Owner;
	// n8n wants a digit and an upper-case letter.
	const owner = { email: 'mesh@example.com', password: `Mesh-1-${randomBytes(6).toString('hex')}` };
	await writeFile(file, JSON.stringify(owner, null, '\t'), { mode: 0o600 });
	return owner;
}

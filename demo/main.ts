import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkTransfer } from './checkTransfer';
import { ensureHost } from './host/installHost';
import { importDemo } from './importDemo';
import { N8nRest } from './n8n/restClient';
import { startN8n } from './n8n/n8nProcess';
import { readOrMakeOwner } from './owner';
import { buildPackage } from './package/buildPackage';
import { installPackage } from './package/installPackage';
import { demoFolder, hostFolder } from './paths';
import { describeFailure, problem } from './problem';
import { createProgress } from './progress';
import { sandboxCredential } from './sandboxCredentials';
import { readClientCertificates, startSandboxProcess } from './sandboxProcess';
import { parseSettings, usage } from './settings';
import type { DemoSettings } from './settings';
import { stopAllProcesses } from './system/managedProcess';
import type { ManagedProcess } from './system/managedProcess';
import { findFreePorts, requireFreePort } from './system/ports';
import { tellReceivedMessages } from './tellReceivedMessages';

const STEPS = 6;
const MAILBOXES = ['X26ABC1', 'X26ABC2'];
const INTERRUPTED = 130;

/** `npm start`: real n8n with the nodes in it, the MESH sandbox, and example workflows. @returns the exit code */
export async function main(args: string[]): Promise<number> {
	let interrupted = false;
	const interrupt = () => {
		if (interrupted) process.exit(INTERRUPTED); // asked twice: do not wait for anything
		interrupted = true;
		console.log('\nStopping ...');
		void stopAllProcesses();
	};
	process.on('SIGINT', interrupt);
	process.on('SIGTERM', interrupt);
	try {
		const settings = parseSettings(args);
		if (settings.help) {
			console.log(usage);
			return 0;
		}
		return await run(settings, () => interrupted);
	} catch (error) {
		if (!interrupted) console.error(describeFailure(error));
		return interrupted ? INTERRUPTED : 1;
	} finally {
		await stopAllProcesses();
	}
}

async function run(settings: DemoSettings, interrupted: () => boolean): Promise<number> {
	await requireFreePort(settings.port, 'n8n', '--port');
	await requireFreePort(settings.sandboxPort, 'MESH sandbox', '--sandbox-port');
	await mkdir(demoFolder, { recursive: true });
	const userFolder = join(demoFolder, 'n8n');
	const log = (name: string) => join(demoFolder, `${name}.log`);
	const { step } = createProgress(process.stdout, STEPS);

	await step('Building the package', async (detail) => detail((await buildPackage(log('build'))) ? '' : 'built earlier'));
	const host = await step('Installing n8n', async (detail) => await ensureHost(hostFolder, detail));
	await step('Installing the package into n8n', async (detail) =>
		detail((await installPackage(userFolder, log('package'))).installed ? '' : 'installed earlier'),
	);
	const sandboxUrl = `https://localhost:${settings.sandboxPort}`;
	const sandbox = await step('Starting the MESH sandbox', async (detail) => {
		detail(sandboxUrl);
		return await startSandboxProcess(settings.sandboxPort);
	});
	const n8n = await step('Starting n8n', async (detail) => {
		detail(`http://localhost:${settings.port}`);
		const [brokerPort] = await findFreePorts(1);
		return await startN8n({ host, userFolder, port: settings.port, brokerPort }, log('n8n'));
	});
	const owner = await readOrMakeOwner(join(demoFolder, 'owner.json'));
	const rest = new N8nRest(n8n.url);
	await step('Importing credentials and workflows', async (detail) => {
		await signIn(rest, owner);
		const certificates = await readClientCertificates();
		const credentials = MAILBOXES.map((mailbox) => sandboxCredential(mailbox, sandboxUrl, certificates));
		detail(`${await importDemo(rest, credentials, join(userFolder, 'imported.json'))} new or changed`);
	});

	if (settings.check) return (await checkTransfer(rest, sandboxUrl)) ? 0 : 1;
	console.log(`
Open http://localhost:${settings.port} and sign in as ${owner.email} with the password ${owner.password}
1. Open the workflow "Send a file over MESH" and click "Execute workflow": it sends a file from X26ABC1 to X26ABC2 in chunks.
2. Within a minute "Receive MESH messages" collects and acknowledges it: see its Executions tab, and the lines below.
3. Press Ctrl-C here to end n8n and the sandbox; npm start takes it up again where it was.
`);
	const ended = Promise.race([n8n.process.exited, sandbox.exited]);
	await tellReceivedMessages(rest, ended);
	if (interrupted()) return 0;
	throw problem(`${describeEnd(n8n.process, sandbox)} ended by itself.`);
}

async function signIn(rest: N8nRest, owner: { email: string; password: string }): Promise<void> {
	try {
		await rest.signIn(owner);
	} catch (error) {
		throw problem(`Signing in to n8n failed: if its owner was changed, delete ${demoFolder} and start again. (${(error as Error).message})`, error);
	}
}

function describeEnd(...processes: ManagedProcess[]): string {
	return processes
		.filter(({ running }) => !running)
		.map(({ name, logFile }) => `${name} (see ${logFile})`)
		.join(' and ');
}

import { requireFreePort } from '../n8n-lab/machine/ports';
import { ENDING_SIGNALS, stopAllProcesses } from '../n8n-lab/machine/processes';
import type { ManagedProcess } from '../n8n-lab/machine/processes';
import { demoFolder } from '../n8n-lab/paths';
import { MAILBOX_PASSWORD, SHARED_KEY } from '../n8n-lab/rest/credentials';
import { createProgress, describeFailure, problem } from '../n8n-lab/terminal';
import { checkTransfer } from './checkTransfer';
import { pagePort } from './sandbox';
import { parseSettings, usage } from './settings';
import type { DemoSettings } from './settings';
import { DEMO_STEPS, startDemo } from './startDemo';
import { tellReceivedMessages } from './tellReceivedMessages';

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
	for (const signal of ENDING_SIGNALS) process.on(signal, interrupt);
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
	await requireFreePort(pagePort(settings.sandboxPort), "MESH sandbox's page", '--sandbox-port');
	const demo = await startDemo({ ...settings, folder: demoFolder }, createProgress(process.stdout, DEMO_STEPS));
	if (settings.check) return (await checkTransfer(demo)) ? 0 : 1;
	console.log(`
Open http://localhost:${settings.port} and sign in as ${demo.owner.email} with the password ${demo.owner.password}
1. Open the workflow "1 Start here: send a file over MESH" and click "Execute workflow": it sends a file from X26ABC1 to X26ABC2 in chunks.
2. Within a minute "Receive MESH messages" collects it into ${demoFolder}/files and acknowledges it: see its Executions, and below.
3. See messages and requests in the local MESH itself: http://localhost:${pagePort(settings.sandboxPort)}
4. For a credential that you make by hand: environment Custom URL, base URL ${demo.sandboxUrl}, mailbox X26ABC1 or X26ABC2,
   password ${MAILBOX_PASSWORD}, shared key ${SHARED_KEY}; certificate, key and CA certificate are in ${demoFolder}/certs
5. Ctrl-C ends n8n and the sandbox; npm start takes it up again where it was.
`);
	await tellReceivedMessages(demo.rest, Promise.race(demo.processes.map(async ({ exited }) => await exited)));
	if (interrupted()) return 0;
	throw problem(`${describeEnded(demo.processes)} ended by itself.`);
}

function describeEnded(processes: ManagedProcess[]): string {
	return processes
		.filter(({ running }) => !running)
		.map(({ name, logFile }) => `${name} (see ${logFile})`)
		.join(' and ');
}

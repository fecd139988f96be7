import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { examplePatient } from '../n8n-lab/exampleWorkflows';
import { startProcess, tail } from '../n8n-lab/machine/processes';
import type { ManagedProcess } from '../n8n-lab/machine/processes';
import { repositoryFolder } from '../n8n-lab/paths';
import { MAILBOX_PASSWORD, SHARED_KEY } from '../n8n-lab/rest/credentials';
import type { ClientCertificates } from '../n8n-lab/rest/credentials';
import { problem } from '../n8n-lab/terminal';
import { MeshClient } from '../nodes/Mesh/client';
import { CERTIFICATE_FILES } from '../sandbox/cli/certificateFolder';
import type { Demo } from './startDemo';

const START_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 100;
const TAIL_LINES = 10;

/**
 * Starts the MESH sandbox as a process of its own and waits until it accepts connections.
 * @param folder gets its messages (data/), certificates (certs/) and log
 */
export async function startSandboxProcess(port: number, folder: string): Promise<ManagedProcess> {
	const sandbox = startProcess({
		name: 'sandbox',
		command: process.execPath,
		args: [
			'--import',
			'tsx',
			join('sandbox', 'cli.ts'),
			'--port',
			String(port),
			'--page-port',
			String(pagePort(port)),
			'--data',
			join(folder, 'data'),
			'--certs',
			certificatesFolder(folder),
			'--set',
			`patients=${JSON.stringify([examplePatient])}`,
		],
		cwd: repositoryFolder,
		env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MESH_SANDBOX_'))),
		logFile: join(folder, 'sandbox.log'),
	});
	const deadline = Date.now() + START_TIMEOUT_MS;
	while (!(await accepts(port))) {
		if (!sandbox.running || Date.now() > deadline) {
			await sandbox.kill();
			throw problem(`The sandbox did not start; ${sandbox.logFile} ends with:\n${await tail(sandbox.logFile, TAIL_LINES)}`);
		}
		await sleep(POLL_INTERVAL_MS);
	}
	return sandbox;
}

/** Port of the sandbox's page for browsers. */
export function pagePort(sandboxPort: number): number {
	return sandboxPort + 1;
}

/** The files that the sandbox wrote for its clients. */
export async function readClientCertificates(folder: string): Promise<ClientCertificates> {
	const read = async (name: string) => await readFile(join(certificatesFolder(folder), name), 'utf8');
	return {
		ca: await read(CERTIFICATE_FILES.ca),
		certificate: await read(CERTIFICATE_FILES.clientCertificate),
		privateKey: await read(CERTIFICATE_FILES.clientKey),
	};
}

function certificatesFolder(folder: string): string {
	return join(folder, 'certs');
}

async function accepts(port: number): Promise<boolean> {
	return await new Promise((resolve) => {
		const socket = connect({ port, host: '127.0.0.1' });
		socket.once('connect', () => {
			socket.destroy();
			resolve(true);
		});
		socket.once('error', () => resolve(false));
	});
}

/** A MESH client of one of the sandbox's mailboxes; to be closed. */
export function sandboxClient({ sandboxUrl, certificates: { ca, certificate, privateKey } }: Demo, mailboxId: string): MeshClient {
	return new MeshClient({
		baseUrl: sandboxUrl,
		mailboxId,
		mailboxPassword: MAILBOX_PASSWORD,
		sharedKey: SHARED_KEY,
		tls: { clientCertificate: certificate, privateKey, caCertificates: ca },
	});
}

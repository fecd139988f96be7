import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureHost } from '../../n8n-lab/host/installHost';
import { n8n2 } from '../../n8n-lab/host/pinnedHosts';
import { saveCredential } from '../../n8n-lab/rest/credentials';
import { startN8n, type N8nServer } from '../../n8n-lab/host/n8nProcess';
import { N8nRest } from '../../n8n-lab/rest/restClient';
import { createWorkflow } from '../../n8n-lab/rest/workflows';
import { buildPackage } from '../../n8n-lab/host/buildPackage';
import { installPackage } from '../../n8n-lab/host/installPackage';
import { findFreePorts } from '../../n8n-lab/machine/ports';
import type { Session } from '../session';
import type { Access } from '../work';
import { certificateCredential, handMadeWorkflow, ourCredential, ourWorkflow } from './workflows';
import type { N8nContenderId } from './workflows';

/** A real n8n with our package and both workflows, none of them published. */
export interface BenchN8n {
	rest: N8nRest;
	/** Workflow IDs. */
	workflows: Record<N8nContenderId, string>;
	version: string;
	/** Of n8n's main process; the one that runs Code nodes, which no workflow here has, is another. */
	pid: number;
	stop(): Promise<void>;
}

const MESSAGES_PER_EXECUTION = 100;

/** Why there is no n8n to use, or nothing. The benchmark does not install it: that takes minutes and gigabytes. */
export function n8nMissing(): string | undefined {
	return existsSync(join(n8n2.folder, 'installed.sha256'))
		? undefined
		: `n8n is not installed in ${n8n2.folder} (npm start installs it; ${n8n2.folderVariable} may name another folder)`;
}

export async function openN8n(session: Session, say: (text: string) => void): Promise<BenchN8n> {
	const { access, folder } = session;
	const userFolder = join(folder, 'n8n');
	mkdirSync(userFolder, { recursive: true });
	const log = (name: string): string => join(folder, `${name}.log`);
	const host = await ensureHost(n8n2, say);
	say('building and installing the package');
	await buildPackage(log('build'));
	await installPackage(userFolder, log('install'));
	const [port, brokerPort] = await findFreePorts(2);
	say(`starting n8n ${host.version}`);
	const server = await startN8n({ host, userFolder, port, brokerPort }, log('n8n'));
	const stop = async (): Promise<void> => {
		await server.process.stop();
	};
	const ready = await setUp(server, access).catch(async (error: unknown) => {
		await stop();
		throw error;
	});
	return { ...ready, version: host.version, pid: server.process.pid, stop };
}

async function setUp(server: N8nServer, access: Access): Promise<Pick<BenchN8n, 'rest' | 'workflows'>> {
	const rest = new N8nRest(server.url);
	await rest.signIn({ email: 'benchmark@example.org', password: `A1${randomUUID()}` });
	const certificates = {
		ca: readFileSync(access.caPath, 'utf8'),
		certificate: readFileSync(access.certificatePath, 'utf8'),
		privateKey: readFileSync(access.privateKeyPath, 'utf8'),
	};
	const mailbox = await saveCredential(rest, ourCredential(access, certificates));
	const ours = await createWorkflow(rest, ourWorkflow(mailbox, MESSAGES_PER_EXECUTION));
	const oneEach = await createWorkflow(rest, ourWorkflow(mailbox, 1));
	const handMade = await createWorkflow(rest, handMadeWorkflow(await saveCredential(rest, certificateCredential(certificates)), access));
	return {
		rest,
		workflows: { 'n8n-ours': ours.id, 'n8n-ours-one-each': oneEach.id, 'n8n-hand-made': handMade.id },
	};
}

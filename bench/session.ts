import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUILD_FOLDER, buildPrograms } from './build';
import { makeCertificates } from './server/certificates';
import { ServerHandle } from './server/handle';
import type { Access } from './work';

/** What all runs of one benchmark share: a folder that goes away, a server, and the means to talk to it. */
export interface Session {
	folder: string;
	server: ServerHandle;
	access: Access;
	close(): Promise<void>;
}

export async function openSession(): Promise<Session> {
	buildPrograms();
	const folder = mkdtempSync(join(tmpdir(), 'nhs-mesh-bench-'));
	const remove = (): void => { rmSync(folder, { recursive: true, force: true }); };
	process.once('exit', remove);
	for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { process.exit(130); });

	const certificates = await makeCertificates();
	const save = (name: string, text: string): string => {
		const path = join(folder, name);
		writeFileSync(path, text, { mode: 0o600 });
		return path;
	};
	const server = await ServerHandle.start(join(BUILD_FOLDER, 'bench/server/main.js'), save('server.json', JSON.stringify(certificates)));
	return {
		folder,
		server,
		access: {
			url: server.url, mailboxId: 'BENCH001', password: 'password', sharedKey: 'BenchmarkKey',
			caPath: save('ca.pem', certificates.ca),
			certificatePath: save('client.pem', certificates.client.certificate),
			privateKeyPath: save('client.key', certificates.client.privateKey),
		},
		async close() {
			await server.stop();
			remove();
		},
	};
}

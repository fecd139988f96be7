import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProcess } from '../../../n8n-lab/machine/processes';
import { eventually } from './eventually';

/** A PostgreSQL of the test's own, on a port of its own, in a temporary folder. */
export interface Postgres {
	/** n8n's settings for it. */
	readonly environment: Record<string, string>;
	stop(): Promise<void>;
}

const USER = 'n8n';
const START_TIMEOUT_MS = 60_000;

export async function startPostgres(port: number, logFile: string): Promise<Postgres> {
	const folder = mkdtempSync(join(tmpdir(), 'nhs-mesh-postgres-'));
	const asPostgres = unprivileged(folder);
	const run = (program: string, ...args: string[]) =>
		execFileSync(asPostgres.command, [...asPostgres.args, join(programs(), program), ...args], { cwd: folder, stdio: 'pipe' });
	run('initdb', '-D', join(folder, 'data'), '-A', 'trust', '-U', USER, '-E', 'UTF8');
	const server = startProcess({
		name: 'postgres',
		command: asPostgres.command,
		args: [
			...asPostgres.args,
			join(programs(), 'postgres'),
			'-D',
			join(folder, 'data'),
			'-p',
			String(port),
			'-k',
			folder,
			'-c',
			'listen_addresses=127.0.0.1',
		],
		env: process.env,
		cwd: folder,
		logFile,
	});
	const answers = () => {
		try {
			run('pg_isready', '-h', '127.0.0.1', '-p', String(port), '-U', USER);
			return true;
		} catch {
			return undefined;
		}
	};
	await eventually(`PostgreSQL on port ${port} (log: ${logFile})`, answers, START_TIMEOUT_MS);
	run('createdb', '-h', '127.0.0.1', '-p', String(port), '-U', USER, USER);
	return {
		environment: {
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: String(port),
			DB_POSTGRESDB_USER: USER,
			DB_POSTGRESDB_PASSWORD: 'unused',
			DB_POSTGRESDB_DATABASE: USER,
		},
		async stop() {
			await server.stop();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** Debian keeps each major version's programs in a folder of its own, off the PATH. */
function programs(): string {
	const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a));
	return join('/usr/lib/postgresql', versions[0], 'bin');
}

/** PostgreSQL refuses to run as root: then it runs as the user that its Debian package makes. */
function unprivileged(folder: string): { command: string; args: string[] } {
	if (process.getuid?.() !== 0) return { command: 'env', args: [] };
	const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
	chownSync(folder, id('-u'), id('-g'));
	return { command: 'setpriv', args: ['--reuid=postgres', '--regid=postgres', '--clear-groups'] };
}

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand } from '../machine/processes';
import { repositoryFolder } from '../paths';

const SOURCES = ['nodes', 'credentials', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'gulpfile.js'];
const STAMP = join(repositoryFolder, 'node_modules', '.cache', 'nhs-mesh-build.sha256');
const BUILD_TIMEOUT_MS = 5 * 60_000;

/** Builds dist/ with `npm run build`, unless it was built from just these sources. @returns whether it built */
export async function buildPackage(logFile: string): Promise<boolean> {
	const digest = await digestSources();
	if ((await readFile(STAMP, 'utf8').catch(() => '')) === digest && (await isComplete())) return false;
	await runCommand({
		name: 'npm run build',
		command: 'npm',
		args: ['run', 'build'],
		cwd: repositoryFolder,
		logFile,
		timeoutMs: BUILD_TIMEOUT_MS,
	});
	await mkdir(dirname(STAMP), { recursive: true });
	await writeFile(STAMP, digest);
	return true;
}

/** Everything that package.json promises to n8n is there. */
async function isComplete(): Promise<boolean> {
	const manifest = JSON.parse(await readFile(join(repositoryFolder, 'package.json'), 'utf8')) as {
		n8n: { nodes: string[]; credentials: string[] };
	};
	return [...manifest.n8n.nodes, ...manifest.n8n.credentials].every((file) => existsSync(join(repositoryFolder, file)));
}

async function digestSources(): Promise<string> {
	const hash = createHash('sha256');
	for (const source of SOURCES) {
		for (const file of await listFiles(source)) hash.update(`${file}\0`).update(await readFile(join(repositoryFolder, file)));
	}
	return hash.digest('hex');
}

/** Files below a path, relative to the repository, in a stable order. */
async function listFiles(path: string): Promise<string[]> {
	const full = join(repositoryFolder, path);
	const entries = await readdir(full, { recursive: true, withFileTypes: true }).catch(() => undefined);
	if (!entries) return existsSync(full) ? [path] : [];
	return entries
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name).slice(repositoryFolder.length + 1))
		.sort();
}

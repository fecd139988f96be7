import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../machine/processes';
import { repositoryFolder } from '../paths';
import { problem } from '../terminal';

const PACK_TIMEOUT_MS = 60_000;
const INSTALL_TIMEOUT_MS = 5 * 60_000;
/** What n8n's installer passes (n8n 2.41, community packages). */
const INSTALL_FLAGS = [
	'--audit=false',
	'--fund=false',
	'--bin-links=false',
	'--install-strategy=shallow',
	'--ignore-scripts',
	'--package-lock=false',
];

interface Manifest {
	name: string;
	dependencies?: Record<string, string>;
	devDependencies?: unknown;
	peerDependencies?: unknown;
	optionalDependencies?: unknown;
}

/**
 * Packs the built package and installs the tarball into n8n as n8n's own installer does with a package from the registry:
 * unpack, drop all dependencies but the runtime ones, `npm install` without scripts. So it also proves that `files` and
 * `dependencies` in package.json are complete.
 * @returns the installed folder, and whether it was installed now (false: the same tarball was there)
 */
export async function installPackage(userFolder: string, logFile: string): Promise<{ folder: string; installed: boolean }> {
	const nodesFolder = join(userFolder, '.n8n', 'nodes');
	const packFolder = join(userFolder, 'package');
	const tarball = await packPackage(packFolder, logFile);
	const digest = createHash('sha256')
		.update(await readFile(tarball))
		.digest('hex');
	const stamp = join(packFolder, 'installed.sha256');
	const name = await packageName();
	const folder = join(nodesFolder, 'node_modules', name);
	if ((await readFile(stamp, 'utf8').catch(() => '')) === digest && existsSync(folder)) return { folder, installed: false };

	await rm(stamp, { force: true });
	await rm(folder, { recursive: true, force: true });
	await mkdir(folder, { recursive: true });
	await runCommand({
		name: 'Unpacking the package',
		command: 'tar',
		args: ['-xzf', tarball, '-C', folder, '--strip-components=1'],
		logFile,
		timeoutMs: PACK_TIMEOUT_MS,
	});
	await keepRuntimeDependenciesOnly(join(folder, 'package.json'));
	await runCommand({
		name: "Installing the package's dependencies",
		command: 'npm',
		args: ['install', ...INSTALL_FLAGS],
		cwd: folder,
		logFile,
		timeoutMs: INSTALL_TIMEOUT_MS,
	});
	await writeFile(stamp, digest);
	return { folder, installed: true };
}

/** Packs the built package as for the registry, in place of an older tarball in the folder. @returns the tarball */
export async function packPackage(packFolder: string, logFile: string): Promise<string> {
	await mkdir(packFolder, { recursive: true });
	for (const old of await readdir(packFolder)) if (old.endsWith('.tgz')) await rm(join(packFolder, old));
	await runCommand({
		name: 'npm pack',
		command: 'npm',
		args: ['pack', '--silent', '--ignore-scripts', '--pack-destination', packFolder],
		cwd: repositoryFolder,
		logFile,
		timeoutMs: PACK_TIMEOUT_MS,
	});
	const tarball = (await readdir(packFolder)).find((file) => file.endsWith('.tgz'));
	if (!tarball) throw problem(`npm pack made no tarball: see ${logFile}`);
	return join(packFolder, tarball);
}

async function packageName(): Promise<string> {
	return (JSON.parse(await readFile(join(repositoryFolder, 'package.json'), 'utf8')) as Manifest).name;
}

async function keepRuntimeDependenciesOnly(file: string): Promise<void> {
	const manifest = JSON.parse(await readFile(file, 'utf8')) as Manifest;
	delete manifest.devDependencies;
	delete manifest.peerDependencies;
	delete manifest.optionalDependencies;
	await writeFile(file, JSON.stringify(manifest, null, 2));
}

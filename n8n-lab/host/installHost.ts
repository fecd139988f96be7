import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withFolderLock } from '../machine/folderLock';
import { runCommand } from '../machine/processes';
import { describeLockDifference } from '../requirements.cjs';
import { problem } from '../terminal';
import { findHostNode } from './pinnedHosts';
import type { PinnedHost } from './pinnedHosts';
import { ensureSqlite } from './sqlite';

/** A pinned n8n, ready to be started. */
export interface Host {
	folder: string;
	/** The Node.js that runs n8n; the project itself may run on an older one. */
	node: string;
	/** n8n's command-line script. */
	n8n: string;
	/** Version of n8n. */
	version: string;
	/** What its environment needs beyond that of every n8n. */
	environment: Record<string, string>;
}

const BYTES_PER_GB = 1024 ** 3;
const INSTALL_TIMEOUT_MS = 30 * 60_000;
const MANIFESTS = ['package.json', 'package-lock.json'];

/**
 * Installs a pinned n8n into its folder, or finds it there. The stamp, written last, holds the digest of the
 * manifests: with it nothing is done; without it (first time, other versions, interrupted install) what is missing is.
 * @param detail told what is going on, for the progress line
 */
export async function ensureHost(pinned: PinnedHost, detail: (text: string) => void): Promise<Host> {
	const { folder, environment } = pinned;
	await mkdir(folder, { recursive: true });
	const wait = (pid: number) => detail(`waiting for process ${pid}, which is installing it`);
	const installed = await withFolderLock(folder, async () => await install(pinned, detail), wait);
	const n8n = join(folder, 'node_modules', 'n8n');
	const { version } = JSON.parse(await readFile(join(n8n, 'package.json'), 'utf8')) as { version: string };
	detail(`n8n ${version}${installed ? '' : ', installed earlier'}`);
	return { folder, node: findHostNode(pinned), n8n: join(n8n, 'bin', 'n8n'), version, environment };
}

/** @returns whether anything had to be done */
async function install(pinned: PinnedHost, detail: (text: string) => void): Promise<boolean> {
	const { folder, manifestFolder } = pinned;
	const digest = await digestManifests(manifestFolder);
	const stamp = join(folder, 'installed.sha256');
	if ((await readIfThere(stamp)) === digest) return false;
	await refuseOtherVersion(pinned);
	await rm(stamp, { force: true });
	await installPackages(pinned, detail);
	await ensureSqlite(pinned, findHostNode(pinned), detail);
	await writeFile(stamp, digest);
	return true;
}

/** A folder that the person has named may be in use by another clone, which pins another version: it is not replaced under it. */
async function refuseOtherVersion({ folder, folderVariable, manifestFolder }: PinnedHost): Promise<void> {
	if (process.env[folderVariable] === undefined) return;
	const present = await readIfThere(join(folder, 'node_modules', 'n8n', 'package.json'));
	if (present === undefined) return;
	const { version } = JSON.parse(present) as { version: string };
	const manifest = JSON.parse(await readFile(join(manifestFolder, 'package.json'), 'utf8')) as { dependencies: { n8n: string } };
	const wanted = manifest.dependencies.n8n;
	if (version === wanted) return;
	throw problem(
		`${folder} holds n8n ${version}, and n8n ${wanted} is needed. Set ${folderVariable} to a folder with that one or to an empty one; ` +
			`or delete this one, if nothing else uses it, to have n8n ${wanted} installed there.`,
	);
}

async function installPackages(pinned: PinnedHost, detail: (text: string) => void): Promise<void> {
	const { folder, manifestFolder } = pinned;
	const wanted = await readFile(join(manifestFolder, 'package-lock.json'), 'utf8');
	const present = await readIfThere(join(folder, 'node_modules', '.package-lock.json'));
	const current = await readIfThere(join(folder, 'package-lock.json'));
	for (const file of MANIFESTS) await copyFile(join(manifestFolder, file), join(folder, file));
	if (current === wanted && describeLockDifference(wanted, present) === undefined) return;
	await requireDiskSpace(pinned);
	detail('npm ci, usually 3 to 7 minutes');
	await runCommand({
		name: 'npm ci of n8n',
		command: 'npm',
		// Install scripts stay off: most only fetch what is not needed here, and some compile; sqlite3 is built separately.
		args: ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
		cwd: folder,
		logFile: join(folder, 'install.log'),
		timeoutMs: INSTALL_TIMEOUT_MS,
	});
}

async function requireDiskSpace({ folder, folderVariable, diskSpaceGb }: PinnedHost): Promise<void> {
	const { bavail, bsize } = await statfs(folder);
	if (bavail * bsize >= diskSpaceGb * BYTES_PER_GB) return;
	throw problem(
		`${folder} needs about ${diskSpaceGb} GB of free disk space for n8n. Free some, or set ${folderVariable} to a folder on a larger disk.`,
	);
}

async function digestManifests(manifestFolder: string): Promise<string> {
	const hash = createHash('sha256');
	for (const file of MANIFESTS) hash.update(await readFile(join(manifestFolder, file)));
	return hash.digest('hex');
}

async function readIfThere(file: string): Promise<string | undefined> {
	return await readFile(file, 'utf8').catch(() => undefined);
}

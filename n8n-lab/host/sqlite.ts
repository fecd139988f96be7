import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ensurePrograms } from '../machine/aptPackages';
import { runCommand } from '../machine/processes';
import { problem } from '../terminal';
import { hostNodePrefix, pinnedHosts } from './pinnedHosts';
import type { PinnedHost } from './pinnedHosts';

const DOWNLOAD_TIMEOUT_MS = 60_000;
const COMPILE_TIMEOUT_MS = 20 * 60_000;
const COMPILERS = [
	{ program: 'python3', debianPackage: 'python3' },
	{ program: 'make', debianPackage: 'make' },
	{ program: 'g++', debianPackage: 'g++' },
];

/**
 * Provides the native part of sqlite3, n8n's database: that of another n8n here, or the prebuilt one, as sqlite3's own install
 * script does, and where that cannot be downloaded or does not run, compiled here.
 * @param node the Node.js that runs n8n
 */
export async function ensureSqlite(pinned: PinnedHost, node: string, detail: (text: string) => void): Promise<void> {
	const { folder } = pinned;
	if (await loads(folder, node)) return;
	for (const other of pinnedHosts) {
		if (other !== pinned && (await copyNative(other.folder, folder)) && (await loads(folder, node))) return;
	}
	const sqlite = join(folder, 'node_modules', 'sqlite3');
	const resolve = createRequire(join(sqlite, 'package.json')).resolve;
	const logFile = join(folder, 'sqlite3.log');
	detail('sqlite3: looking for a prebuilt one');
	const download = { name: 'prebuild-install', command: node, args: [resolve('prebuild-install/bin.js'), '-r', 'napi'] };
	const downloaded = await runCommand({ ...download, cwd: sqlite, logFile, timeoutMs: DOWNLOAD_TIMEOUT_MS }).then(
		() => true,
		() => false, // no network beyond the package registry: compile
	);
	if (downloaded && (await loads(folder, node))) return;
	detail('sqlite3: making sure of a compiler');
	await ensurePrograms(COMPILERS, 'to compile sqlite3', logFile);
	detail('sqlite3: compiling, usually 1 to 3 minutes');
	const compiler = findCompiler(pinned, node);
	await runCommand({
		name: 'Compiling sqlite3',
		command: compiler.node,
		args: [resolve('node-gyp/bin/node-gyp.js'), 'rebuild'],
		cwd: sqlite,
		env: { JOBS: 'max', ...compiler.env },
		logFile,
		timeoutMs: COMPILE_TIMEOUT_MS,
	});
	if (await loads(folder, node)) return;
	throw problem(`sqlite3 was compiled but does not load: see ${logFile}, then delete ${sqlite} and try again.`);
}

/** What another n8n here has, if its sqlite3 is the same. @returns whether there was one */
async function copyNative(from: string, to: string): Promise<boolean> {
	const sqlite = (folder: string, ...path: string[]) => join(folder, 'node_modules', 'sqlite3', ...path);
	const manifest = async (folder: string) => await readFile(sqlite(folder, 'package.json'), 'utf8').catch(() => undefined);
	const native = ['build', 'Release', 'node_sqlite3.node'];
	if (!existsSync(sqlite(from, ...native)) || (await manifest(from)) !== (await manifest(to))) return false;
	await mkdir(sqlite(to, 'build', 'Release'), { recursive: true });
	await copyFile(sqlite(from, ...native), sqlite(to, ...native));
	return true;
}

/**
 * The Node.js to compile with: n8n's or this process's, the older one first, because sqlite3 uses Node-API, where what was
 * compiled for an older one works in a newer one and not the other way. It must have its headers on this machine; without them
 * node-gyp downloads those of the running Node.js.
 */
function findCompiler({ folder, lowestNode }: PinnedHost, node: string): { node: string; env: NodeJS.ProcessEnv } {
	const own = { node: process.execPath, prefix: dirname(dirname(process.execPath)) };
	const host = { node, prefix: hostNodePrefix(folder) };
	const ownIsOlder = Number(process.versions.node.split('.')[0]) <= lowestNode;
	const withHeaders = (ownIsOlder ? [own, host] : [host, own]).find(({ prefix }) => existsSync(join(prefix, 'include', 'node', 'node.h')));
	return withHeaders ? { node: withHeaders.node, env: { npm_config_nodedir: withHeaders.prefix } } : { node, env: {} };
}

async function loads(folder: string, node: string): Promise<boolean> {
	try {
		await promisify(execFile)(node, ['-e', "require('sqlite3')"], { cwd: folder });
		return true;
	} catch {
		return false;
	}
}

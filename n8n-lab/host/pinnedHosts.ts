import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryFolder } from '../paths';
import { problem } from '../terminal';

/** An n8n of one version, to be installed apart from the project: with lockfile and dependencies of its own. */
export interface PinnedHost {
	/** Major version of n8n. */
	major: number;
	/** Holds its package.json and package-lock.json. */
	manifestFolder: string;
	/** Where it is installed; git ignores it. */
	folder: string;
	/** The environment variable that puts it elsewhere, so that several clones can share one. */
	folderVariable: string;
	/** What an installation needs at most. */
	diskSpaceGb: number;
	/** Lowest major version of Node.js that it runs on. */
	lowestNode: number;
	/** What n8n's environment needs in this version only. */
	environment: Record<string, string>;
}

/** The pinned n8n 2.x, which npm start shows. */
export const n8n2: PinnedHost = {
	major: 2,
	manifestFolder: join(repositoryFolder, 'n8n-lab', 'n8n-2'),
	...installFolder('MESH_N8N_HOST_DIR', '.n8n-host'),
	diskSpaceGb: 4,
	lowestNode: 24,
	environment: {
		// Modules that call n8n's servers at start.
		N8N_DISABLED_MODULES: 'mcp-registry,instance-ai,chat-hub,quick-connect',
	},
};

/** The last n8n 1.x, for the tests. */
export const n8n1: PinnedHost = {
	major: 1,
	manifestFolder: join(repositoryFolder, 'n8n-lab', 'n8n-1'),
	...installFolder('MESH_N8N_HOST_1_DIR', '.n8n-host-1'),
	diskSpaceGb: 3,
	lowestNode: 20,
	environment: {
		// The other one, isolated-vm, does not work on Node.js 20.
		N8N_EXPRESSION_ENGINE: 'legacy',
		// As n8n 2.x always has: without a pool, SQLite gets an execution's status first and its data later, and a test that
		// reads in between finds an ended execution without its last items.
		DB_SQLITE_POOL_SIZE: '3',
	},
};

export const pinnedHosts: readonly PinnedHost[] = [n8n2, n8n1];

function installFolder(folderVariable: string, name: string): Pick<PinnedHost, 'folder' | 'folderVariable'> {
	return { folderVariable, folder: process.env[folderVariable] ?? join(repositoryFolder, name) };
}

/** The Node.js binary for n8n: one that was installed beside it, else this process's own when it is new enough. */
export function findHostNode({ folder, lowestNode }: PinnedHost): string {
	const pinned = join(hostNodePrefix(folder), 'bin', 'node');
	if (existsSync(pinned)) return pinned;
	if (Number(process.versions.node.split('.')[0]) >= lowestNode) return process.execPath;
	throw problem(
		`n8n needs Node.js ${lowestNode}, and there is no pinned one for ${process.platform} ${process.arch}: install Node.js ${lowestNode} and run this with it.`,
	);
}

/** Installation prefix (bin, include) of the pinned Node.js; it may not exist on this platform. */
export function hostNodePrefix(folder: string): string {
	return join(folder, 'node_modules', `node-${process.platform}-${process.arch}`);
}

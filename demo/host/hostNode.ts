import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../problem';

/** n8n 2 refuses older ones. */
const LOWEST_MAJOR = 24;

/** The Node.js binary for n8n: the pinned one that was installed beside it, else this process's own when it is new enough. */
export function findHostNode(folder: string): string {
	const pinned = join(hostNodePrefix(folder), 'bin', 'node');
	if (existsSync(pinned)) return pinned;
	if (Number(process.versions.node.split('.')[0]) >= LOWEST_MAJOR) return process.execPath;
	throw problem(
		`n8n needs Node.js ${LOWEST_MAJOR}, and there is no pinned one for ${process.platform} ${process.arch}: install Node.js ${LOWEST_MAJOR} and run this with it.`,
	);
}

/** Installation prefix (bin, include) of the pinned Node.js; it may not exist on this platform. */
export function hostNodePrefix(folder: string): string {
	return join(folder, 'node_modules', `node-${process.platform}-${process.arch}`);
}

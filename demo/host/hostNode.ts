import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../problem';
import type { PinnedHost } from './pinnedHosts';

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

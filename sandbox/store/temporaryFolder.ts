import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'mesh-sandbox-';

/** An empty folder of the sandbox's own among the system's temporary files. */
export async function makeTemporaryFolder(): Promise<string> {
	return await mkdtemp(join(tmpdir(), PREFIX));
}

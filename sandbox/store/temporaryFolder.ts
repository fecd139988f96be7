import { lstat, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCK_FILE, isRunning, lockHolder } from './folderLock';

const PREFIX = 'mesh-sandbox-';
/** As mkdtemp names them. */
const NAME = new RegExp(`^${PREFIX}[A-Za-z0-9]{6}$`);
/** Where its process cannot be looked at: a sandbox that ran would have marked its lock since. */
const SURELY_ENDED_MS = 24 * 60 * 60 * 1000;

/** An empty folder of the sandbox's own among the system's temporary files, where those of sandboxes that were killed are removed. */
export async function makeTemporaryFolder(among = tmpdir()): Promise<string> {
	const made = await mkdtemp(join(among, PREFIX));
	// The file system's time, for a test suite may have set this process's date. What cannot be removed is no reason not to start.
	await lstat(made)
		.then(({ mtimeMs }) => removeLeftBehind(among, mtimeMs))
		.catch(() => undefined);
	return made;
}

async function removeLeftBehind(among: string, now: number): Promise<void> {
	for (const name of await readdir(among)) {
		const folder = join(among, name);
		if (NAME.test(name) && (await isLeftBehind(folder, now).catch(() => false)))
			await rm(folder, { recursive: true, force: true }).catch(() => undefined);
	}
}

/** Of this user, with the lock of a sandbox that has ended; whatever else has such a name is somebody else's business. */
async function isLeftBehind(folder: string, now: number): Promise<boolean> {
	const file = join(folder, LOCK_FILE);
	const [around, lock] = [await lstat(folder), await lstat(file)];
	if (!around.isDirectory() || !lock.isFile() || [around, lock].some(({ uid }) => uid !== ownUser())) return false;
	const holder = lockHolder(await readFile(file, 'utf8'));
	if (!holder) return false;
	return !(isRunning(holder) ?? now - lock.mtimeMs < SURELY_ENDED_MS);
}

/** As `lstat` tells it: 0 for everybody on Windows. */
const ownUser = (): number => process.getuid?.() ?? 0;

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../sandbox/store/folderLock';

const FILE_NAME = 'in-use.pid';
const POLL_INTERVAL_MS = 500;

/**
 * Runs work that must not happen twice at a time in a folder, in this process or another: waits for its turn. What a
 * process that has died left behind does not count.
 * @param waiting told once, when somebody else is at it
 */
export async function withFolderLock<T>(
	folder: string,
	work: () => Promise<T>,
	waiting: (pid: number) => void = () => undefined,
): Promise<T> {
	const file = join(folder, FILE_NAME);
	let told = false;
	while (!(await take(file))) {
		const pid = Number(await readFile(file, 'utf8').catch(() => ''));
		if (pid > 0 && !isAlive(pid)) await rm(file, { force: true });
		else {
			if (!told && pid > 0) waiting(pid);
			told = told || pid > 0;
			await sleep(POLL_INTERVAL_MS);
		}
	}
	try {
		return await work();
	} finally {
		await rm(file, { force: true });
	}
}

async function take(file: string): Promise<boolean> {
	try {
		await writeFile(file, String(process.pid), { flag: 'wx' });
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
		throw error;
	}
}

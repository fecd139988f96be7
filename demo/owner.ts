import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { Owner } from './n8n/restClient';

/** The demo's account: made up on the first start, kept in a file that only this user can read. */
export async function readOrMakeOwner(file: string): Promise<Owner> {
	const stored = await readFile(file, 'utf8').catch(() => undefined);
	if (stored !== undefined) return JSON.parse(stored) as Owner;
	// n8n wants a digit and an upper-case letter.
	const owner = { email: 'mesh@example.com', password: `Mesh-1-${randomBytes(6).toString('hex')}` };
	await writeFile(file, JSON.stringify(owner, null, '\t'), { mode: 0o600 });
	return owner;
}

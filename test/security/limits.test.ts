import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Container } from '@n8n/di';
import { BinaryDataConfig } from 'n8n-core';
import { startWorld } from '../actions/world';
import type { World } from '../actions/world';
import { errorOf } from '../engine';

let world: World;
beforeAll(async () => (world = await startWorld()));
afterAll(async () => await world.close());

const MIB = 1024 * 1024;

/** Bytes in files below a folder; 0 where there is none. */
async function bytesBelow(folder: string): Promise<number> {
	const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
	const sizes = await Promise.all(
		entries.filter((entry) => entry.isFile()).map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
	);
	return sizes.reduce((sum, size) => sum + size, 0);
}

test('the option Maximum Size ends a download in its stream: no output, no acknowledgement, no connection held, and next to nothing stored', async () => {
	const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', gzip: true, content: Buffer.alloc(60 * MIB) });
	const store = Container.get(BinaryDataConfig).localStoragePath;
	const before = await bytesBelow(store);
	const run = await world.run({
		resource: 'message',
		operation: 'download',
		messageId,
		outputAs: 'binary',
		binaryPropertyName: 'data',
		options: { maximumSize: 5, acknowledge: true },
	});
	expect(errorOf(run)).toMatchObject({ context: { data: { errorCode: 'MESH_LIMIT', messageId } } });
	expect(errorOf(run).description).toMatch(/limit/);
	expect(world.sandbox.inbox('X26ABC1')).toContain(messageId);
	// What n8n had written by then is filed under the execution and deleted with it; most of the message never arrives.
	expect((await bytesBelow(store)) - before).toBeLessThan(25 * MIB);
	expect((await world.run({ resource: 'mailbox', operation: 'count' })).status).toBe('success');
});

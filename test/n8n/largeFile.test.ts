import { createHash, randomFillSync } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startMesh } from './support/meshFixture';
import type { MeshFixture } from './support/meshFixture';
import { sharedN8n } from './support/sharedN8n';
import { chain, manualTrigger, meshTrigger, sendNode } from './support/workflowBuilder';

const SIZE_BYTES = 300_000_000;
const PIECE_BYTES = 1_000_000;
const TRANSFER_TIMEOUT_MS = 240_000;

const { filesFolder } = sharedN8n();
const sentFile = join(filesFolder, 'large-sent.bin');
const receivedFile = join(filesFolder, 'large-received.bin');

let mesh: MeshFixture;

beforeAll(async () => (mesh = await startMesh()));

afterAll(async () => {
	await mesh.close();
	await Promise.all([sentFile, receivedFile].map(async (file) => await rm(file, { force: true })));
});

/** Writes a file that no compression shortens. @returns its SHA-256 */
async function writeRandomFile(file: string): Promise<string> {
	const hash = createHash('sha256');
	const piece = Buffer.alloc(PIECE_BYTES);
	const handle = await open(file, 'w');
	for (let written = 0; written < SIZE_BYTES; written += PIECE_BYTES) {
		hash.update(randomFillSync(piece));
		await handle.write(piece);
	}
	await handle.close();
	return hash.digest('hex');
}

async function digestFile(file: string): Promise<string> {
	const hash = createHash('sha256');
	for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
	return hash.digest('hex');
}

describe('a file of 300 MB', () => {
	it(
		'goes from disk through Send, MESH and the trigger to disk with the same SHA-256, and is acknowledged',
		async () => {
			const digest = await writeRandomFile(sentFile);
			const send = chain(
				'large file: send',
				manualTrigger(),
				{
					name: 'Read',
					type: 'n8n-nodes-base.readWriteFile',
					typeVersion: 1.1,
					parameters: { operation: 'read', fileSelector: sentFile, options: {} },
				},
				sendNode(mesh.credentials.X26ABC1, 'X26ABC2', { options: { checksum: 'sha256' } }),
			);
			const sent = await mesh.run(send, TRANSFER_TIMEOUT_MS);
			expect([sent.status, sent.error]).toEqual(['success', undefined]);
			const { json } = sent.items('Send')[0];
			expect(json).toMatchObject({ bytes: SIZE_BYTES, chunkCount: 15 });

			const receive = await mesh.publish(
				chain('large file: receive', meshTrigger(mesh.credentials.X26ABC2), {
					name: 'Write',
					type: 'n8n-nodes-base.readWriteFile',
					typeVersion: 1.1,
					parameters: { operation: 'write', fileName: receivedFile, dataPropertyName: 'data', options: {} },
				}),
			);
			const [received] = await mesh.finished(receive, 1, TRANSFER_TIMEOUT_MS);
			expect([received.status, received.error]).toEqual(['success', undefined]);
			expect(received.items('Arrives')[0].json).toMatchObject({ messageId: json.messageId, bytes: SIZE_BYTES });
			await expect(digestFile(receivedFile)).resolves.toBe(digest);
			expect(mesh.sandbox.message(String(json.messageId))?.status).toBe('acknowledged');
		},
		2 * TRANSFER_TIMEOUT_MS,
	);
});

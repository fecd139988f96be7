import { buffer } from 'node:stream/consumers';
import type { MeshClient } from '../../../nodes/Mesh/client';
import { content, cut } from './secrets';
import { RECIPIENT, SENDER } from './lane';
import type { Place } from './place';

const CHUNK_BYTES = 90;

/**
 * Downloads a message and acknowledges it when all of it has come, as everything that is built on the client does.
 * Nothing that was handed out before a failure may differ from what was sent.
 */
async function receive(client: MeshClient, messageId: string, handedOut: Buffer[], signal?: AbortSignal): Promise<Buffer> {
	const message = await client.download(messageId, { signal });
	for await (const piece of message.body) handedOut.push(Buffer.from(piece as Buffer));
	await client.acknowledge(messageId, { signal });
	return Buffer.concat(handedOut);
}

function download(wire: NonNullable<Place['wire']>, chunk: number, chunkCount: number): Place {
	const which = chunkCount === 1 ? 'the only chunk' : `chunk ${chunk} of ${chunkCount}`;
	return {
		name: `download, ${which}, ${{ gzip: 'sent compressed', packed: 'compressed by MESH', plain: 'not compressed' }[wire]}`,
		call: chunk === 1 ? 'download' : 'downloadChunk',
		repeat: 'read',
		answer: 'content',
		chunk,
		chunkCount,
		wire,
		isLater: chunk > 1,
		async prepare({ sandbox }) {
			sandbox.behaviour.plainDownloads = wire === 'plain' ? 'asStored' : 'packed';
			const bytes = content(chunkCount * CHUNK_BYTES - 7);
			const id = await sandbox.putMessage({ to: RECIPIENT, from: SENDER, content: cut(bytes, CHUNK_BYTES), gzip: wire === 'gzip' });
			const handedOut: Buffer[] = [];
			return {
				mailboxId: RECIPIENT,
				act: async (client, signal) => await receive(client, id, handedOut, signal),
				check: async (result) => expect((result as Buffer).equals(bytes)).toBe(true),
				always(failed) {
					const got = Buffer.concat(handedOut);
					expect(got.equals(bytes.subarray(0, got.length))).toBe(true);
					expect(sandbox.message(id)?.status).toBe(failed ? 'accepted' : 'acknowledged');
					if (failed) expect(sandbox.requests.filter(({ call }) => call === 'acknowledge')).toEqual([]);
				},
				async recover(client) {
					const message = await client.download(id);
					expect((await buffer(message.body)).equals(bytes)).toBe(true);
					expect(message.received).toMatchObject({ bytes: bytes.length, chunkCount });
				},
			};
		},
	};
}

/** Every chunk of a download that there can be: the only one, the first, one in the middle, the last. */
export const RECEIVING_PLACES: readonly Place[] = [
	...(['gzip', 'plain'] as const).flatMap((wire) => [download(wire, 1, 1), ...[1, 2, 3].map((chunk) => download(wire, chunk, 3))]),
	// On the wire the same as `gzip`, but for a length that is not known beforehand.
	download('packed', 1, 1),
	download('packed', 2, 3),
];

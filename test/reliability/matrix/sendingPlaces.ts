import { bufferSource, isMeshError } from '../../../nodes/Mesh/client';
import type { MeshClient, OutgoingMessage, SendOptions, SentMessage, UploadState } from '../../../nodes/Mesh/client';
import type { Sandbox } from '../../../sandbox';
import { PATIENT, content } from './secrets';
import { RECIPIENT, SENDER } from './lane';
import type { Place } from './place';

const CHUNK_BYTES = 90;

export const LOCAL_ID = 'local-4711';

/** A message with patient data wherever a sender can put it. */
export function letter(bytes: Buffer, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
	return {
		to: RECIPIENT,
		workflowId: 'TEST_WORKFLOW',
		subject: PATIENT,
		fileName: `${PATIENT}.pdf`,
		localId: LOCAL_ID,
		source: bufferSource(bytes),
		...more,
	};
}

/** What the recipient can collect: at most one message, and never a part of one. */
export async function expectAtMostOne(sandbox: Sandbox, bytes: Buffer): Promise<number> {
	const delivered = sandbox.messagesTo(RECIPIENT).filter(({ status }) => status !== 'uploading');
	expect(delivered.length).toBeLessThanOrEqual(1);
	for (const { messageId } of delivered) expect((await sandbox.content(messageId)).equals(bytes)).toBe(true);
	return delivered.length;
}

function send(compression: 'always' | 'never', chunk: number, chunkCount: number): Place {
	const which = chunkCount === 1 ? 'the only chunk' : `chunk ${chunk} of ${chunkCount}`;
	return {
		name: `send, ${which}, ${compression === 'always' ? 'compressed' : 'not compressed'}`,
		call: chunk === 1 ? 'send' : 'sendChunk',
		repeat: chunk === 1 ? 'once' : 'idempotent',
		answer: chunk === 1 ? 'json' : 'nothing',
		hasBody: true,
		chunk,
		chunkCount,
		isLater: chunk > 1,
		async prepare({ sandbox }) {
			const bytes = content(chunkCount * CHUNK_BYTES - 7);
			const options: SendOptions = { chunkSize: CHUNK_BYTES, compression };
			return {
				mailboxId: SENDER,
				act: async (client, signal) => await client.send(letter(bytes), { ...options, signal }),
				async check(result) {
					const sent = result as SentMessage;
					expect(sent).toMatchObject({ localId: LOCAL_ID, chunkCount, bytes: bytes.length });
					expect(sandbox.inbox(RECIPIENT)).toEqual([sent.messageId]);
					await expectAtMostOne(sandbox, bytes);
				},
				async always(failed) {
					const delivered = await expectAtMostOne(sandbox, bytes);
					if (!failed) expect(delivered).toBe(1);
					// Half an upload may wait, but only one.
					expect(sandbox.messagesTo(RECIPIENT).length).toBeLessThanOrEqual(1);
				},
				async recover(client, error) {
					if (isMeshError(error) && error.upload) await continueUpload(client, sandbox, bytes, error.upload);
				},
			};
		},
	};
}

/** Goes on from the state that an error carries; the same message must then be whole, and alone. */
export async function continueUpload(client: MeshClient, sandbox: Sandbox, bytes: Buffer, state: UploadState): Promise<void> {
	const sent = await client.send(letter(bytes), { continueFrom: JSON.parse(JSON.stringify(state)) as UploadState });
	expect(sent.messageId).toBe(state.messageId);
	expect(sandbox.inbox(RECIPIENT)).toEqual([state.messageId]);
	expect(await expectAtMostOne(sandbox, bytes)).toBe(1);
}

/** Every request of a send: the only one, the first, one in the middle, the last. */
export const SENDING_PLACES: readonly Place[] = (['never', 'always'] as const).flatMap((compression) => [
	send(compression, 1, 1),
	...[1, 2, 3].map((chunk) => send(compression, chunk, 3)),
]);

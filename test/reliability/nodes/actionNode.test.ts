import type { IDataObject } from 'n8n-workflow';
import { closeSharedClients } from '../../../nodes/Mesh/client/sharedClients';
import type { CallName, Fault } from '../../../sandbox';
import { startWorld, type World } from '../../actions/world';
import { errorOf, outputOf, readBinary, storeBinary, storedText } from '../../engine';
import { until } from '../../trigger/host';
import { content, cut, PATIENT } from '../matrix/content';
import { expectNoSecret } from '../matrix/everythingIn';
import { breakingContent, final, passing } from './faults';
import { giveUpOnSilence } from './impatience';
import { guardedMailboxes, secretCredential } from './secretCredential';
import { storedFiles } from './storedFiles';

const CHUNK_BYTES = 90;
const bytes = content(3 * CHUNK_BYTES - 7);

let cells = 0;
afterEach(() => cells++);
afterAll(() => process.stdout.write(`Faults through the action node, in n8n's engine: ${cells} cells run\n`));

describe('the action node', () => {
	let world: World;
	beforeAll(async () => {
		world = await startWorld(guardedMailboxes);
		giveUpOnSilence(world.sandbox);
		world.credentials.meshApi = secretCredential(world.sandbox, 'X26ABC1');
	});
	afterEach(async () => await world.sandbox.reset());
	afterAll(async () => {
		await closeSharedClients();
		await until(() => world.sandbox.connections.open === 0, 'the end of the connections');
		await world.close();
	});
	const lasting = (call: CallName, fault: Fault, chunk?: number) =>
		world.sandbox.arm({ call, times: 1_000, fault, ...(chunk === undefined ? {} : { chunk }) });

	describe('Download with Acknowledge After Storing', () => {
		const put = async (gzip: boolean) =>
			await world.sandbox.putMessage({ to: 'X26ABC1', content: cut(bytes, CHUNK_BYTES), gzip, subject: PATIENT, fileName: 'letter.pdf' });
		const download = (messageId: string): IDataObject => ({
			resource: 'message',
			operation: 'download',
			messageId,
			options: { acknowledge: true },
		});

		test.each([...passing, ...breakingContent].flatMap(([name, fault]) => [1, 2, 3].map((chunk) => [name, chunk, fault] as const)))(
			'%s at chunk %d of 3 is overcome: the content is whole, and the message acknowledged once it is stored',
			async (_name, chunk, fault) => {
				const messageId = await put(chunk !== 2);
				world.sandbox.arm({ call: ['download', 'downloadChunk'], chunk, fault });
				const [item] = await world.output(download(messageId));
				expect((await readBinary(item?.binary?.data)).equals(bytes)).toBe(true);
				expect(item?.json).toMatchObject({ messageId, acknowledged: true, bytes: bytes.length });
				expect(world.sandbox.message(messageId)?.status).toBe('acknowledged');
			},
		);

		test.each([...passing, ...breakingContent, ...final])(
			'%s for good fails the node: the message stays in the inbox, and n8n is left without a part of it',
			async (_name, fault, errorCode) => {
				const messageId = await put(true);
				const files = await storedFiles();
				lasting('downloadChunk', fault, 2);
				const run = await world.run(download(messageId));
				const error = errorOf(run);
				expect(await storedFiles()).toEqual(files);
				expect(error.context.data).toMatchObject({ errorCode, messageId });
				expect(error.description).toMatch(/\w.*\.$/);
				expectNoSecret(storedText(run), world.sandbox);
				expect(world.sandbox.inbox('X26ABC1')).toEqual([messageId]);
				expect(world.sandbox.requests.some(({ call }) => call === 'acknowledge')).toBe(false);
			},
		);

		test.each(passing)('%s at the acknowledgement is overcome', async (_name, fault) => {
			const messageId = await put(false);
			world.sandbox.arm({ call: 'acknowledge', fault });
			const [item] = await world.output(download(messageId));
			expect(item?.json.acknowledged).toBe(true);
			expect(world.sandbox.message(messageId)?.status).toBe('acknowledged');
		});

		test('an acknowledgement that fails for good does not throw the content away: the item says so, and the message comes again', async () => {
			const messageId = await put(false);
			lasting('acknowledge', { kind: 'status', status: 503 });
			const [item] = await world.output(download(messageId));
			expect((await readBinary(item?.binary?.data)).equals(bytes)).toBe(true);
			expect(item?.json).toMatchObject({ acknowledged: false, acknowledgeError: { errorCode: 'MESH_STATUS', httpStatus: 503 } });
			expect(world.sandbox.inbox('X26ABC1')).toEqual([messageId]);
		});

		test("content cut in a way that only the sender's checksum shows fails the node and is not acknowledged", async () => {
			world.sandbox.behaviour.plainDownloads = 'asStored';
			const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: bytes, checksum: 'sha256:' + '0'.repeat(64) });
			lasting('download', { kind: 'truncate', bytes: 100, length: 'adjusted' });
			const run = await world.run(download(messageId));
			world.sandbox.behaviour.plainDownloads = 'packed';
			expect(errorOf(run).context.data).toMatchObject({ errorCode: 'MESH_INTEGRITY', messageId });
			expect(world.sandbox.inbox('X26ABC1')).toEqual([messageId]);
		});
	});

	describe('Send', () => {
		const options = { chunkSize: CHUNK_BYTES / 1_048_576, localId: 'local-1' };
		const send = (more: IDataObject = {}): IDataObject => ({
			resource: 'message',
			operation: 'send',
			to: 'X26ABC2',
			workflowId: 'W',
			contentFrom: 'binary',
			binaryPropertyName: 'data',
			options: { ...options, ...more },
		});
		const run = async (parameters: IDataObject) =>
			await world.run(parameters, { items: [{ json: {}, binary: { data: await storeBinary(bytes, { fileName: `${PATIENT}.pdf` }) } }] });
		const delivered = async () => {
			const messages = world.sandbox.inbox('X26ABC2');
			for (const id of messages) expect((await world.sandbox.content(id)).equals(bytes)).toBe(true);
			return messages;
		};

		test.each(
			(['always', 'never'] as const).flatMap((compression) =>
				[2, 3].flatMap((chunk) => passing.map(([name, fault]) => [name, chunk, compression, fault] as const)),
			),
		)('%s at chunk %d of 3, compression %s, is overcome: one message, and whole', async (_name, chunk, compression, fault) => {
			world.sandbox.arm({ call: 'sendChunk', chunk, fault });
			const result = await run(send({ compression }));
			expect(result.status).toBe('success');
			expect(await delivered()).toEqual([outputOf(result, 'MESH')[0]?.json.messageId]);
		});

		test.each<[string, Fault, boolean]>([
			['an answer that is lost', { kind: 'resetAfterProcessing' }, true],
			['an answer that comes too late', { kind: 'lateAnswer', ms: 600_000 }, true],
			['an answer that breaks off', { kind: 'resetInResponseBody', afterBytes: 5 }, true],
			['a page of a proxy', { kind: 'garbageJson' }, true],
			['503 with Retry-After', passing[0][1], false],
		])('%s at the first chunk: one message, and whole', async (_name, fault, settledByTracking) => {
			world.sandbox.arm({ call: 'send', fault });
			const result = await run(send());
			expect(outputOf(result, 'MESH')[0]?.json).toMatchObject({ settledByTracking, localId: 'local-1' });
			expect(await delivered()).toHaveLength(1);
		});

		test.each<[string, Fault]>([
			['a connection reset before processing', { kind: 'resetBeforeProcessing' }],
			['silence', { kind: 'stall', where: 'beforeAnswer' }],
			['502', { kind: 'status', status: 502 }],
		])('%s at the first chunk: nobody knows, so the item fails and names the local ID, and nothing is sent again', async (_name, fault) => {
			world.sandbox.arm({ call: 'send', fault });
			const result = await run(send());
			const error = errorOf(result);
			expect(error.context.data).toMatchObject({ errorCode: 'MESH_SEND_OUTCOME_UNKNOWN', localId: 'local-1', ambiguous: true });
			expect(`${error.message} ${error.description}`).toMatch(/local-1.*before sending it again/);
			expectNoSecret(storedText(result).replaceAll(`${PATIENT}.pdf`, ''), world.sandbox);
			expect(world.sandbox.requests.filter(({ call }) => call === 'send')).toHaveLength(1);
			expect(await delivered()).toEqual([]);
		});

		test.each(
			[2, 3].flatMap((chunk) =>
				(
					[
						['503', { kind: 'status', status: 503 }],
						['a reset', { kind: 'resetBeforeProcessing' }],
						['400', { kind: 'status', status: 400 }],
					] as Array<[string, Fault]>
				).map(([name, fault]) => [name, chunk, fault] as const),
			),
		)(
			'%s for good at chunk %d of 3 fails with the state of the upload, and Continue Upload makes it one whole message',
			async (_name, chunk, fault) => {
				lasting('sendChunk', fault, chunk);
				const failed = await run(send());
				const { upload } = errorOf(failed).context.data as { upload: IDataObject };
				expect(upload).toMatchObject({ nextChunk: chunk, chunkCount: 3 });
				expect(await delivered()).toEqual([]);
				world.sandbox.clearFaults();
				const result = await run(send({ continueUpload: JSON.stringify(upload) }));
				expect(outputOf(result, 'MESH')[0]?.json.messageId).toBe(upload.messageId);
				expect(await delivered()).toEqual([upload.messageId]);
			},
		);
	});
});

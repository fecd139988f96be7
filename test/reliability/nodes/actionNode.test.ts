import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import type { IDataObject, INodeType, NodeOperationError } from 'n8n-workflow';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Mesh } from '../../../nodes/Mesh/Mesh.node';
import { MeshTrigger } from '../../../nodes/Mesh/MeshTrigger.node';
import { closeSharedClients } from '../../../nodes/Mesh/client/sharedClients';
import { STORAGE_CAUSES } from '../../../nodes/Mesh/client/storage';
import { startSandbox } from '../../../sandbox';
import type { CallName, Fault, Sandbox } from '../../../sandbox';
import type { World } from '../../actions/world';
import { errorOf, execute, makeNode, makeWorkflow, outputOf, readBinary, storeBinary, storedText, useBinaryDataMode } from '../../engine';
import { PATIENT, content, cut, everythingIn, expectNoSecret } from '../matrix/secrets';
import { breakingContent, final, passing } from './faults';
import { giveUpOnSilence, guardedMailboxes, secretCredential, startGuardedWorld, storedFiles } from './world';

describe('the network', () => {
	const CHUNK_BYTES = 90;
	const bytes = content(3 * CHUNK_BYTES - 7);

	let cells = 0;
	afterEach(() => cells++);
	afterAll(() => process.stdout.write(`Faults through the action node, in n8n's engine: ${cells} cells run\n`));

	describe('the action node', () => {
		let world: World;
		beforeAll(async () => {
			world = await startGuardedWorld();
			giveUpOnSilence(world.sandbox);
		});
		afterEach(async () => await world.sandbox.reset());
		afterAll(async () => await world.close());
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
			])(
				'%s at the first chunk: nobody knows, so the item fails and names the local ID, and nothing is sent again',
				async (_name, fault) => {
					world.sandbox.arm({ call: 'send', fault });
					const result = await run(send());
					const error = errorOf(result);
					expect(error.context.data).toMatchObject({ errorCode: 'MESH_SEND_OUTCOME_UNKNOWN', localId: 'local-1', ambiguous: true });
					expect(`${error.message} ${error.description}`).toMatch(/local-1.*before sending it again/);
					expectNoSecret(storedText(result).replaceAll(`${PATIENT}.pdf`, ''), world.sandbox);
					expect(world.sandbox.requests.filter(({ call }) => call === 'send')).toHaveLength(1);
					expect(await delivered()).toEqual([]);
				},
			);

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
});

describe('the disk', () => {
	type Manager = Parameters<BinaryDataService['setManager']>[1];

	const MESH = 'n8n-nodes-nhs-mesh.mesh';
	const TRIGGER = 'n8n-nodes-nhs-mesh.meshTrigger';
	const PLACE = '/home/node/.n8n/binaryData/workflows/wf1';
	const LOCAL_ID = 'local-4711';

	const bytes = content(3 * 90 - 7);
	/** As Node makes them. */
	const failing = (code: string) =>
		Object.assign(new Error(`${code}: something, write '${PLACE}'`), { code, errno: -28, syscall: 'write', path: PLACE });
	/** n8n's store on a disk that fails like this; what it does not need to do here it does not do. */
	const store = (does: Partial<Manager>) => Container.get(BinaryDataService).setManager('filesystem-v2', does as Manager);
	/** Takes some of the content, and fails then. */
	const failsToWrite = (error: () => Error): Partial<Manager> => ({
		store: async (_location, data) => {
			for await (const piece of data as Readable) if ((piece as Buffer).length > 0) break;
			throw error();
		},
	});

	let sandbox: Sandbox;
	beforeAll(async () => (sandbox = await startSandbox(guardedMailboxes)));
	beforeEach(async () => {
		await useBinaryDataMode('filesystem');
		await sandbox.reset();
	});
	afterAll(async () => {
		await closeSharedClients();
		await sandbox.close();
		await useBinaryDataMode('filesystem');
	});

	async function failureOf(type: typeof MESH | typeof TRIGGER, parameters: IDataObject, item: Parameters<typeof execute>[1]['items']) {
		const types: Record<string, INodeType> = { [MESH]: new Mesh(), [TRIGGER]: new MeshTrigger() };
		const credentials = { meshApi: secretCredential(sandbox, 'X26ABC1') };
		const workflow = makeWorkflow({ types, nodes: [makeNode('MESH', type, parameters)], credentials });
		const error = errorOf(await execute(workflow, { start: 'MESH', items: item, mode: 'trigger' })) as NodeOperationError;
		expectNoSecret(everythingIn(error), sandbox);
		expect(everythingIn(error)).not.toContain(PLACE);
		return error;
	}

	const put = async () => await sandbox.putMessage({ to: 'X26ABC1', content: cut(bytes, 90), gzip: true, subject: PATIENT });
	const receivers: Array<[string, (messageId: string) => Promise<NodeOperationError>]> = [
		[
			'the node',
			async (messageId) =>
				await failureOf(MESH, { resource: 'message', operation: 'download', messageId, options: { acknowledge: true } }, [{ json: {} }]),
		],
		[
			'the trigger',
			async (messageId) =>
				await failureOf(TRIGGER, { acknowledge: 'immediatelyAfterDownload' }, [{ json: { messageId, deliveryAttempt: 1 } }]),
		],
	];
	const codes = [...Object.keys(STORAGE_CAUSES), 'ESOMETHINGNEW', 'NoSuchBucket'];

	describe.each(receivers)('content that cannot be stored, received by %s', (_who, receive) => {
		test.each(codes)('with %s names the message and what to do, and the message is still in the inbox', async (code) => {
			const messageId = await put();
			store(failsToWrite(() => failing(code)));
			const error = await receive(messageId);
			expect(error.message).toMatch(new RegExp(`^The content of message ${messageId} could not be stored: \\w`));
			expect(error.description).toMatch(/^The message was not acknowledged and is still in the inbox\. [A-Z].*\bn8n\b.*\./);
			expect(error.description).toContain(`(${code})`);
			expect(error.context.data).toMatchObject({ errorCode: 'MESH_STORAGE', messageId, networkCode: code });
			expect(sandbox.inbox('X26ABC1')).toEqual([messageId]);
			expect(sandbox.requests.filter(({ call }) => call === 'acknowledge')).toEqual([]);
		});

		test('as the disk is really full does the same, and leaves no connection busy', async () => {
			const messageId = await put();
			store({
				store: async (_location, data) => (await pipeline(data as Readable, createWriteStream('/dev/full')), { fileId: '', fileSize: 0 }),
			});
			const error = await receive(messageId);
			expect(error.message).toBe(`The content of message ${messageId} could not be stored: the disk is full`);
			expect(error.description).toMatch(/not acknowledged.*Free space/);
			expect(sandbox.inbox('X26ABC1')).toEqual([messageId]);
			await useBinaryDataMode('filesystem');
			await expect(receive(messageId)).rejects.toThrow(); // it works again: there is no failure
			expect(sandbox.inbox('X26ABC1')).toEqual([]);
		});

		test('because the download broke off is a failure of the download, whatever the store makes of it', async () => {
			const messageId = await put();
			sandbox.arm({ call: 'downloadChunk', chunk: 2, times: 99, fault: { kind: 'status', status: 403 } });
			store({
				store: async (_location, data) => {
					await (data as Readable).forEach(() => {}).catch(() => {});
					throw new Error('The upload to the bucket was aborted');
				},
			});
			expect((await receive(messageId)).context.data).toMatchObject({ errorCode: 'MESH_STATUS', httpStatus: 403, messageId });
			expect(sandbox.inbox('X26ABC1')).toEqual([messageId]);
		});
	});

	describe('content that cannot be read to be sent', () => {
		const send = async (options: IDataObject = {}) => {
			const binary = { data: await storeBinary(bytes, { fileName: `${PATIENT}.pdf` }) };
			return async (does: Partial<Manager>) => {
				store(does);
				return await failureOf(
					MESH,
					{
						resource: 'message',
						operation: 'send',
						to: 'X26ABC2',
						workflowId: 'WF',
						contentFrom: 'binary',
						options: { localId: LOCAL_ID, ...options },
					},
					[{ json: {}, binary }],
				);
			};
		};
		const reads = (error: () => Error, from: 'metadata' | 'opening' | 'middle' | 'sample'): Partial<Manager> => ({
			getPath: () => PLACE,
			async getMetadata() {
				if (from === 'metadata') throw error();
				return { fileSize: bytes.length };
			},
			async getAsStream() {
				if (from === 'opening') throw error();
				return Readable.from(
					(async function* () {
						yield bytes.subarray(0, 100);
						throw error();
					})(),
				);
			},
		});

		const compressions = { metadata: 'never', opening: 'always', middle: 'never' } as const;
		const all = codes.flatMap((code) => (['metadata', 'opening', 'middle'] as const).map((from) => [code, from] as const));
		test.each([...all, ['ENOSPC', 'sample'] as const])('with %s (%s) says so, and nothing was sent', async (code, from) => {
			const compression = from === 'sample' ? 'auto' : compressions[from];
			const error = await (await send({ compression }))(reads(() => failing(code), from));
			expect(error.message).toMatch(/^The content could not be read: \w/);
			expect(error.description).toMatch(/n8n.*\./);
			expect(error.description).toContain(`(${code})`);
			expect(error.context.data).toMatchObject({ errorCode: 'MESH_INVALID_INPUT', networkCode: code, parameter: 'source' });
			if (from !== 'metadata') expect(error.context.data).toMatchObject({ localId: LOCAL_ID });
			expect(sandbox.messagesTo('X26ABC2')).toEqual([]);
		});

		test('while its checksum is made says so too', async () => {
			const error = await (await send({ checksum: 'sha256' }))(reads(() => failing('EIO'), 'middle'));
			expect(error.message).toBe('The content could not be read: the disk reports a fault');
			expect(sandbox.requests).toEqual([]);
		});
	});
});

import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import type { IDataObject, INodeType, NodeOperationError } from 'n8n-workflow';
import { STORAGE_CAUSES } from '../../../nodes/Mesh/client/storage';
import { Mesh } from '../../../nodes/Mesh/Mesh.node';
import { MeshTrigger } from '../../../nodes/Mesh/MeshTrigger.node';
import { startSandbox, type Sandbox } from '../../../sandbox';
import { closeSharedClients } from '../../../nodes/Mesh/client/sharedClients';
import { errorOf, execute, makeNode, makeWorkflow, storeBinary, useBinaryDataMode } from '../../engine';
import { content, cut, PATIENT } from '../matrix/content';
import { everythingIn, expectNoSecret } from '../matrix/everythingIn';
import { guardedMailboxes, secretCredential } from './secretCredential';

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

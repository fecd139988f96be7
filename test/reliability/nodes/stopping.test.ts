import type {
	IConnections,
	IDataObject,
	IExecuteFunctions,
	INode,
	INodeExecutionData,
	INodeProperties,
	INodeType,
	IRun,
} from 'n8n-workflow';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Mesh } from '../../../nodes/Mesh/Mesh.node';
import { MeshTrigger } from '../../../nodes/Mesh/MeshTrigger.node';
import type { CallName, FaultRule } from '../../../sandbox';
import { MESH, type World, startWorld } from '../../actions/world';
import { errorOf, execute, makeNode, makeWorkflow, outputOf, storeBinary, storedText } from '../../engine';
import { heldPause } from '../../support/fakeClock';
import { until } from '../../trigger/host';
import { content, cut, expectNoSecret } from '../matrix/secrets';
import { dontWait, startGuardedWorld, storedFiles } from './world';

const TRIGGER = 'n8n-nodes-nhs-mesh.meshTrigger';
const CHUNK_BYTES = 90;
const bytes = content(3 * CHUNK_BYTES - 7);

/** n8n's Stop button while a node is at work. The servers stay silent for longer than any test lasts. */
describe('when the user stops the execution', () => {
	let world: World;
	beforeAll(async () => (world = await startGuardedWorld()));
	afterEach(async () => await world.sandbox.reset());
	afterAll(async () => await world.close());

	const hasCome = async (call: CallName, chunk: number, answered = false) =>
		await until(
			() =>
				world.sandbox.requests.some(
					(request) => request.call === call && request.chunk === chunk && (!answered || request.status !== undefined),
				),
			'the request',
		);

	const send = (more: IDataObject = {}): IDataObject => ({
		resource: 'message',
		operation: 'send',
		to: 'X26ABC2',
		workflowId: 'W',
		contentFrom: 'binary',
		binaryPropertyName: 'data',
		options: { chunkSize: CHUNK_BYTES / 1_048_576, localId: 'local-1', ...more },
	});
	const file = async () => [{ json: {}, binary: { data: await storeBinary(bytes) } }];

	/** Runs, waits for the moment, stops, and gives what n8n keeps of the execution. */
	async function stopped(parameters: IDataObject, moment: () => Promise<void>, onError?: 'continueRegularOutput') {
		const stop = new AbortController();
		const items = await file();
		const files = await storedFiles();
		const reached = moment();
		const running = world.run(parameters, { items, cancel: stop.signal, node: onError ? { onError } : {} });
		await reached;
		const before = closed();
		stop.abort();
		const run = await running;
		expect(run.status).toBe('canceled');
		expectNoSecret(storedText(run), world.sandbox);
		return { run, before, files };
	}
	const closed = () => world.sandbox.connections.accepted - world.sandbox.connections.open;

	const silent = (call: CallName, chunk: number): FaultRule => ({
		call,
		chunk,
		times: 99,
		fault: { kind: 'stall', where: 'beforeAnswer' },
	});

	test.each([2, 3])('an upload ends at once in the middle of chunk %d of 3, and n8n keeps what it takes to continue', async (chunk) => {
		world.sandbox.arm(silent('sendChunk', chunk));
		const { run, before } = await stopped(send(), async () => await hasCome('sendChunk', chunk));
		await until(() => closed() > before, 'the end of its connection');
		const { upload } = errorOf(run).context.data as { upload: IDataObject };
		expect(upload).toMatchObject({ nextChunk: chunk, chunkCount: 3, localId: 'local-1' });
		expect(errorOf(run).description).toContain(JSON.stringify(upload));
		// All that n8n itself still saves of a stopped execution.
		expect(JSON.parse(run.data.resultData.metadata?.meshContinueUpload_0 ?? '')).toEqual(upload);
		expect(world.sandbox.inbox('X26ABC2')).toEqual([]);

		world.sandbox.clearFaults();
		const [sent] = await world.output(send({ continueUpload: JSON.stringify(upload) }), { items: await file() });
		expect(world.sandbox.inbox('X26ABC2')).toEqual([sent?.json.messageId]);
		expect((await world.sandbox.content(String(sent?.json.messageId))).equals(bytes)).toBe(true);
	});

	test('a local ID too long for n8n to keep is left out of the state, and the upload goes on all the same', async () => {
		world.sandbox.arm(silent('sendChunk', 2));
		const localId = 'x'.repeat(300);
		const padded = {
			resource: 'message',
			operation: 'send',
			to: 'X26ABC2',
			workflowId: 'W',
			contentFrom: 'text',
			text: bytes.toString('hex'),
			options: { chunkSize: 200 / 1_048_576, localId },
		};
		const { run } = await stopped(padded, async () => await hasCome('sendChunk', 2));
		const state = run.data.resultData.metadata?.meshContinueUpload_0 ?? '';
		world.sandbox.clearFaults();
		await world.output({ ...padded, options: { continueUpload: state } });
		expect((await world.sandbox.content(world.sandbox.inbox('X26ABC2')[0])).toString()).toBe(bytes.toString('hex'));
	});

	test('an upload ends in the pause before a retry, and makes no further attempt', async () => {
		world.sandbox.arm({ call: 'sendChunk', chunk: 2, times: 99, fault: { kind: 'status', status: 503 } });
		const { run } = await stopped(send(), heldPause);
		expect(errorOf(run).context.data).toMatchObject({ errorCode: 'MESH_ABORTED', upload: { nextChunk: 2 } });
		expect(world.sandbox.requests.filter(({ call }) => call === 'sendChunk')).toHaveLength(1);
	});

	test('a send ends before its first answer, and the error says that MESH may have it, and under which local ID', async () => {
		world.sandbox.arm(silent('send', 1));
		const { run } = await stopped(send(), async () => await hasCome('send', 1));
		expect(errorOf(run).context.data).toMatchObject({ errorCode: 'MESH_ABORTED', localId: 'local-1', ambiguous: true });
		expect(errorOf(run).description).toMatch(/Track it by its local ID local-1 before sending it again/);
		expect(run.data.resultData.metadata).toEqual({ meshTrackLocalId_0: 'local-1' });
	});

	test.each<[string, 1 | 2 | 3, boolean]>([
		['before the answer to', 1, false],
		['before the answer to', 2, false],
		['in the middle of', 1, true],
		['in the middle of', 3, true],
	])(
		'a download ends at once %s chunk %d of 3, and nothing is acknowledged, even with Continue On Fail',
		async (_when, chunk, answered) => {
			const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: cut(bytes, CHUNK_BYTES) });
			const call = chunk === 1 ? 'download' : 'downloadChunk';
			world.sandbox.arm(
				answered ? { call, chunk, times: 99, fault: { kind: 'stall', where: 'inResponseBody', afterBytes: 20 } } : silent(call, chunk),
			);
			const download = { resource: 'message', operation: 'download', messageId, options: { acknowledge: true } };
			const { run, before, files } = await stopped(download, async () => await hasCome(call, chunk, answered), 'continueRegularOutput');
			await until(() => closed() > before, 'the end of its connection');
			expect(await storedFiles()).toEqual(files);
			// With Continue On Fail n8n itself passes the input on.
			expect(outputOf(run, 'MESH').filter(({ json }) => 'messageId' in json)).toEqual([]);
			expect(world.sandbox.inbox('X26ABC1')).toEqual([messageId]);
			expect(world.sandbox.requests.some((request) => request.call === 'acknowledge')).toBe(false);
		},
	);

	test.each(['whenWorkflowSucceeds', 'immediatelyAfterDownload'])(
		'the trigger ends its download at once and acknowledges nothing, whatever its policy (%s)',
		async (acknowledge) => {
			const messageId = await world.sandbox.putMessage({ to: 'X26ABC1', content: cut(bytes, CHUNK_BYTES) });
			world.sandbox.arm(silent('downloadChunk', 2));
			const stop = new AbortController();
			const workflow = makeWorkflow({
				types: { [TRIGGER]: new MeshTrigger() },
				nodes: [makeNode('MESH', TRIGGER, { acknowledge })],
				credentials: world.credentials,
			});
			const running = execute(workflow, {
				start: 'MESH',
				items: [{ json: { messageId, deliveryAttempt: 1 } }],
				mode: 'trigger',
				cancel: stop.signal,
			});
			await hasCome('downloadChunk', 2);
			const before = closed();
			stop.abort();
			expect((await running).status).toBe('canceled');
			await until(() => closed() > before, 'the end of its connection');
			expect(world.sandbox.inbox('X26ABC1')).toEqual([messageId]);
		},
	);
});

interface Example {
	nodes: INode[];
	connections: IConnections;
}

const example = JSON.parse(readFileSync(join(__dirname, '../../../examples/continue-interrupted-upload.json'), 'utf8')) as Example;
const file = content(230_000);

type Work = (context: IExecuteFunctions, items: INodeExecutionData[]) => Promise<INodeExecutionData[][]> | INodeExecutionData[][];

/** Stands in for a node of n8n itself, which the fast tests do not have; expressions in its parameters are n8n's own affair. */
function standIn(name: string, outputs: number, work: Work, properties: INodeProperties[] = []): INodeType {
	return {
		description: {
			displayName: name,
			name,
			group: [],
			version: [1, 1.1, 2, 2.2],
			description: '',
			defaults: {},
			inputs: ['main'],
			outputs: Array.from({ length: outputs }, () => 'main' as const),
			properties,
		},
		async execute(this: IExecuteFunctions) {
			return await work(this, this.getInputData());
		},
	};
}

const pass: Work = (_context, items) => [items];
const condition: INodeProperties = {
	displayName: 'Conditions',
	name: 'conditions',
	type: 'filter',
	default: {},
	typeOptions: { filter: { version: 2 } },
};

const text: INodeProperties = { displayName: 'Message', name: 'errorMessage', type: 'string', default: '' };

const types: Record<string, INodeType> = {
	[MESH]: new Mesh(),
	'n8n-nodes-base.stickyNote': standIn('note', 0, pass),
	'n8n-nodes-base.manualTrigger': standIn('start', 1, pass),
	'n8n-nodes-base.code': standIn('code', 1, pass),
	'n8n-nodes-base.convertToFile': standIn('file', 1, async (_context, items) => [
		[{ ...items[0], binary: { data: await storeBinary(file, { fileName: 'rows.csv' }) } }],
	]),
	'n8n-nodes-base.wait': standIn('wait', 1, pass),
	'n8n-nodes-base.if': standIn(
		'if',
		2,
		(context, items) => {
			const holds = items.map((_item, i) => context.getNodeParameter('conditions', i, false, { extractValue: true }) === true);
			return [items.filter((_item, i) => holds[i]), items.filter((_item, i) => !holds[i])];
		},
		[condition],
	),
	'n8n-nodes-base.stopAndError': standIn(
		'stop',
		1,
		(context) => {
			throw new Error(String(context.getNodeParameter('errorMessage', 0)));
		},
		[text],
	),
};

describe('the example workflow that continues an interrupted upload', () => {
	let world: World;
	beforeAll(async () => {
		dontWait();
		world = await startWorld();
		world.credentials['MESH sandbox X26ABC1'] = world.credentials.meshApi;
	});
	afterEach(async () => await world.sandbox.reset());
	afterAll(async () => await world.close());

	async function run(): Promise<IRun> {
		const edges = Object.entries(example.connections).flatMap(([from, { main = [] }]) =>
			main.flatMap((targets, output) => (targets ?? []).map(({ node }) => [from, output, node] as [string, number, string])),
		);
		const workflow = makeWorkflow({ types, nodes: structuredClone(example.nodes), connections: edges, credentials: world.credentials });
		return await execute(workflow, { start: 'Send now' });
	}
	const messages = () => world.sandbox.messagesTo('X26ABC2');
	const times = (call: string) => world.sandbox.requests.filter((request) => request.call === call).length;
	const breakChunk = (chunk: number, attempts: number) =>
		world.sandbox.arm({ call: 'sendChunk', chunk, times: attempts, fault: { kind: 'status', status: 503 } });

	test('sends in one go where nothing fails', async () => {
		const result = await run();
		expect(outputOf(result, 'Track it')[0]?.json).toMatchObject({ status: 'accepted' });
		expect(outputOf(result, 'Can it go on?')).toEqual([]);
		expect(messages()).toHaveLength(1);
	});

	test('goes on where the upload broke off: the recipient gets one message, whole', async () => {
		breakChunk(3, 4);
		const result = await run();
		expect(result.data.resultData.error).toBeUndefined();
		const [broken] = outputOf(result, 'Send the file', 1);
		expect(broken?.json.error).toMatchObject({ errorCode: 'MESH_UPLOAD_INTERRUPTED', upload: { nextChunk: 3 } });
		expect(broken?.binary?.data?.fileName).toBe('rows.csv');
		const [tracked] = outputOf(result, 'Track it');
		expect(tracked?.json).toMatchObject({ status: 'accepted' });
		expect(messages().map(({ messageId }) => messageId)).toEqual([tracked?.json.messageId]);
		expect((await world.sandbox.content(String(tracked?.json.messageId))).equals(file)).toBe(true);
		expect(times('send')).toBe(1);
	});

	test('goes on again when the continued upload breaks off as well', async () => {
		breakChunk(2, 4);
		breakChunk(4, 8);
		const result = await run();
		expect(result.data.resultData.runData['Continue the upload']).toHaveLength(3);
		expect(messages()).toHaveLength(1);
		expect((await world.sandbox.content(messages()[0].messageId)).equals(file)).toBe(true);
	});

	test('gives up after five tries, and the error still holds the state of the upload', async () => {
		breakChunk(2, 1_000);
		const result = await run();
		expect(result.data.resultData.runData['Continue the upload']).toHaveLength(5);
		expect(errorOf(result).message).toMatch(/broke off at chunk 2 .*"nextChunk":2/);
		expect(world.sandbox.inbox('X26ABC2')).toEqual([]);
	});

	test('does not touch what cannot be continued: a send of unknown outcome is for somebody to look at', async () => {
		world.sandbox.arm({ call: 'send', fault: { kind: 'resetBeforeProcessing' } });
		const result = await run();
		expect(errorOf(result).message).toMatch(/It is not known whether MESH has the message.*before sending it again/);
		expect(times('send')).toBe(1);
		expect(messages()).toEqual([]);
	});
});

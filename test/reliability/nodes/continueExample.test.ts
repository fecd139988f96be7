import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IConnections, IExecuteFunctions, INode, INodeExecutionData, INodeProperties, INodeType, IRun } from 'n8n-workflow';
import { Mesh } from '../../../nodes/Mesh/Mesh.node';
import { closeSharedClients } from '../../../nodes/Mesh/client/sharedClients';
import { MESH, startWorld, type World } from '../../actions/world';
import { errorOf, execute, makeWorkflow, outputOf, storeBinary } from '../../engine';
import { content } from '../matrix/content';
import { dontWait } from './impatience';

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
	afterAll(async () => {
		await closeSharedClients();
		await world.close();
	});

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

/** Ours inside n8n's own execution engine: the node with its parameters and credential, binary data on disk or in memory. */
import 'reflect-metadata';
import { readFile, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Container } from '@n8n/di';
import { BinaryDataService } from 'n8n-core';
import type { IDataObject, IExecuteFunctions, INode, INodeExecutionData, INodeType, IRun } from 'n8n-workflow';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { execute, makeNode, makeWorkflow, outputOf, useBinaryDataMode, type CredentialData } from '../../test/engine';
import { Content } from '../server/content';
import { meshCredential } from '../work';
import type { SendManyWork, SendWork, Task } from '../work';
import { eachOf, perform } from './perform';
import type { Outcome } from './perform';

const TYPE = 'n8n-nodes-nhs-mesh.mesh';
/** What the documentation recommends for many small messages. */
const ITEMS_AT_ONCE = 8;

void perform(async (task) => {
	await useBinaryDataMode(task.options.binaryData === 'memory' ? 'default' : 'filesystem');
	const credentials = {
		meshApi: { ...meshCredential(task.access), connectionsAtOnce: task.options.connections } as CredentialData[string],
	};
	switch (task.work.kind) {
		case 'send':
			return await send(task, task.work, credentials);
		case 'receive':
			return receive(task, credentials);
		case 'drain':
			return drain(task, credentials);
		case 'n8nAlone':
			return n8nAlone(task, task.work, credentials);
		case 'sendMany':
			return await sendMany(task, task.work, credentials);
		default:
			return async () => await Promise.resolve({ done: 0 });
	}
});

const messageNode = (name: string, operation: string, parameters: IDataObject): INode =>
	makeNode(name, TYPE, { resource: 'message', operation, ...parameters });

/** @throws the error of the workflow, which the engine itself keeps in the run */
async function runNodes(
	nodes: INode[],
	credentials: CredentialData,
	items?: INodeExecutionData[],
	type: INodeType = new Mesh(),
): Promise<INodeExecutionData[]> {
	const names = nodes.map(({ name }) => name);
	const connections = names.slice(1).map((name, index): [string, string] => [names[index], name]);
	const run: IRun = await execute(makeWorkflow({ types: { [TYPE]: type }, nodes, connections, credentials }), {
		start: names[0],
		items,
	});
	if (run.data.resultData.error) throw run.data.resultData.error;
	return outputOf(run, names[names.length - 1]);
}

async function send(task: Task, work: SendWork, credentials: CredentialData): Promise<() => Promise<Outcome>> {
	const mimeType = work.content === 'csv' ? 'text/csv' : 'application/octet-stream';
	// As an earlier node of the workflow would have left it.
	const data = await Container.get(BinaryDataService).copyBinaryFile(
		{ type: 'execution', workflowId: 'wf1', executionId: 'earlier' },
		{ data: '', mimeType },
		task.inputPath ?? '',
	);
	const node = messageNode('Send', 'send', {
		to: 'BENCH002',
		workflowId: 'BENCHMARK',
		contentFrom: 'binary',
		binaryPropertyName: 'data',
		options: { chunkSize: work.chunkBytes / 1024 / 1024 },
	});
	return async () => {
		const [sent] = await runNodes([node], credentials, [{ json: {}, binary: { data } }]);
		return { done: Number(sent.json.bytes) };
	};
}

function receive(task: Task, credentials: CredentialData): () => Promise<Outcome> {
	const node = messageNode('Download', 'download', {
		messageId: task.messageId,
		outputAs: 'binary',
		binaryPropertyName: 'data',
		options: {},
	});
	return async () => {
		const [received] = await runNodes([node], credentials);
		const done = Number(received.json.bytes);
		const { id, data } = received.binary?.data ?? { data: '' };
		if (id !== undefined) return { done, outputPath: Container.get(BinaryDataService).getPath(id) };
		return {
			done,
			afterwards: async () => {
				await writeFile(task.outputPath ?? '', data, 'base64');
			},
		};
	};
}

function drain(task: Task, credentials: CredentialData): () => Promise<Outcome> {
	const nodes = [messageNode('List', 'getMany', { returnAll: true, workflowFilterMode: 'none' }), ...takingNodes(task)];
	return async () => ({ done: (await runNodes(nodes, credentials)).length });
}

/** Download and Acknowledge. */
function takingNodes(task: Task): INode[] {
	const messageId = '={{ $json.messageId }}';
	return [
		messageNode('Download', 'download', {
			messageId,
			outputAs: task.options.outputAs ?? 'binary',
			binaryPropertyName: 'data',
			options: { itemsAtOnce: ITEMS_AT_ONCE },
		}),
		messageNode('Acknowledge', 'acknowledge', { messageId }),
	];
}

/** The same nodes, parameters and credential, but each item is read, and its content put out, by n8n's own means alone. */
function n8nAlone(task: Task, work: Extract<Task['work'], { kind: 'n8nAlone' }>, credentials: CredentialData): () => Promise<Outcome> {
	const content = Content.of('csv').copy(0, work.bytes);
	const items = Array.from({ length: work.messages }, (_, number) => ({ json: { messageId: `message-${number}` } }));
	const takesItems: INodeType = {
		description: new Mesh().description,
		async execute(this: IExecuteFunctions) {
			const output: INodeExecutionData[] = [];
			const isDownload = this.getNodeParameter('operation', 0) === 'download';
			await eachOf([...this.getInputData().keys()], ITEMS_AT_ONCE, async (item) => {
				await this.getCredentials('meshApi', item);
				const json: IDataObject = { messageId: this.getNodeParameter('messageId', item) as string };
				output[item] = { json, pairedItem: { item } };
				if (!isDownload) return;
				if (this.getNodeParameter('outputAs', item) === 'text') json.content = content.toString();
				else output[item].binary = { data: await this.helpers.prepareBinaryData(Readable.from([content]), `${item}.dat`, 'text/csv') };
			});
			return [output];
		},
	};
	return async () => ({ done: (await runNodes(takingNodes(task), credentials, items, takesItems)).length });
}

async function sendMany(task: Task, work: SendManyWork, credentials: CredentialData): Promise<() => Promise<Outcome>> {
	const text = await readFile(task.inputPath ?? '', 'utf8');
	const node = messageNode('Send', 'send', {
		to: 'BENCH002',
		workflowId: 'BENCHMARK',
		contentFrom: 'text',
		text,
		options: { itemsAtOnce: ITEMS_AT_ONCE },
	});
	const items = Array.from({ length: work.messages }, (_, number) => ({ json: { number } }));
	return async () => ({ done: (await runNodes([node], credentials, items)).length });
}

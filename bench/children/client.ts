import { readFile, writeFile } from 'node:fs/promises';
import { MeshClient } from '../../nodes/Mesh/client';
import type { MessageSource, SendOptions } from '../../nodes/Mesh/client';
import { bufferSource, fileSource } from '../../nodes/Mesh/client/sources';
import { Content } from '../server/content';
import type { ContentKind, ReceiveWork, SendManyWork, SendWork, Task } from '../work';
import { eachOf, perform } from './perform';
import type { Outcome } from './perform';

/** Ours: the MESH client of this package, without n8n. */

const TO = 'BENCH002';
const WORKFLOW = 'BENCHMARK';

void perform(async (task) => {
	const { access } = task;
	const client = new MeshClient({
		baseUrl: access.url,
		mailboxId: access.mailboxId,
		mailboxPassword: access.password,
		sharedKey: access.sharedKey,
		tls: {
			clientCertificate: await readFile(access.certificatePath, 'utf8'),
			privateKey: await readFile(access.privateKeyPath, 'utf8'),
			caCertificates: await readFile(access.caPath, 'utf8'),
		},
	});
	return async () => {
		const outcome = await work(client, task);
		await client.close();
		return outcome;
	};
});

async function work(client: MeshClient, task: Task): Promise<Outcome> {
	switch (task.work.kind) {
		case 'send':
			return await send(client, task, task.work);
		case 'receive':
			return await receive(client, task, task.work);
		case 'drain':
			return await drain(client, task);
		case 'sendMany':
			return await sendMany(client, task, task.work);
		default:
			return { done: 0 };
	}
}

async function send(client: MeshClient, task: Task, work: SendWork): Promise<Outcome> {
	const source = work.source === 'file' ? await fileSource(task.inputPath ?? '') : generatedSource(work.content, work.bytes);
	const options: SendOptions = { chunkSize: work.chunkBytes };
	if (typeof task.options.level === 'number') options.compressionLevel = task.options.level;
	const contentType = work.content === 'csv' ? 'text/csv' : 'application/octet-stream';
	const sent = await client.send({ to: TO, workflowId: WORKFLOW, contentType, source }, options);
	return { done: sent.bytes };
}

async function receive(client: MeshClient, task: Task, work: ReceiveWork): Promise<Outcome> {
	const message = await client.download(task.messageId ?? '');
	// As n8n's own binary store writes a stream.
	if (work.target === 'file') await writeFile(task.outputPath ?? '', message.body);
	else for await (const part of message.body) void part;
	return { done: message.received?.bytes ?? 0 };
}

/** All IDs first and then the messages: a listing moves when its messages are acknowledged. */
async function drain(client: MeshClient, task: Task): Promise<Outcome> {
	const ids: string[] = [];
	for await (const page of client.listInbox()) ids.push(...page.messageIds);
	await eachOf(ids, atOnce(task), async (id) => {
		const message = await client.download(id);
		for await (const part of message.body) void part;
		await client.acknowledge(id);
	});
	return { done: ids.length };
}

async function sendMany(client: MeshClient, task: Task, work: SendManyWork): Promise<Outcome> {
	const { inputPath = '' } = task;
	const source = bufferSource(await readFile(inputPath));
	const numbers = Array.from({ length: work.messages }, (_, number) => number);
	await eachOf(numbers, atOnce(task), async () => {
		await client.send({ to: TO, workflowId: WORKFLOW, source });
	});
	return { done: work.messages };
}

const atOnce = (task: Task): number => Number(task.options.atOnce ?? 8);

const SLICE_BYTES = 256 * 1024;

/** Content without a file behind it. */
function generatedSource(kind: ContentKind, size: number): MessageSource {
	const content = Content.of(kind);
	return {
		size,
		async *read(start, end) {
			yield* content.views(start, end, SLICE_BYTES);
		},
	};
}

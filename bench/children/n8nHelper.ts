/**
 * n8n's own outbound HTTP helper with a fresh agent, so a new connection, per request, as its HTTP Request node has it. One
 * request after the other, as in a Loop with batches of one, or eight at once: the node itself starts the requests of all its items.
 */
import 'reflect-metadata';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { IHttpRequestOptions } from 'n8n-workflow';
import { authorization } from '../work';
import type { DrainWork, ReceiveWork, SendManyWork, SendWork, Task } from '../work';
import { eachOf, perform } from './perform';
import type { Outcome } from './perform';

const JSON_V2 = 'application/vnd.mesh.v2+json';
const GZIP_LEVEL = 6;

interface FullResponse<T> {
	body: T;
	headers: Record<string, string | undefined>;
	statusCode: number;
}

type Request = <T>(options: Partial<IHttpRequestOptions> & { path: string }) => Promise<FullResponse<T>>;

void perform(async (task) => {
	// The copies that n8n-core itself uses.
	const fromCore = createRequire(require.resolve('n8n-core'));
	const { OutboundHttp } = fromCore('@n8n/backend-network') as { OutboundHttp: new () => OutboundHttpLike };
	const { Container } = fromCore('@n8n/di') as { Container: { get<T>(type: new () => T): T } };
	const http = Container.get(OutboundHttp).requests();
	const { access } = task;
	const agentOptions = {
		ca: await readFile(access.caPath, 'utf8'),
		cert: await readFile(access.certificatePath, 'utf8'),
		key: await readFile(access.privateKeyPath, 'utf8'),
	};
	const request: Request = async ({ path, headers, ...options }) =>
		(await http.request({
			url: `${access.url}/messageexchange/${access.mailboxId}${path}`,
			headers: { Accept: JSON_V2, Authorization: authorization(access), ...headers },
			agentOptions,
			returnFullResponse: true,
			...options,
		})) as FullResponse<never>;
	return async () => await work(request, task);
});

interface OutboundHttpLike {
	requests(): { request(options: IHttpRequestOptions): Promise<unknown> };
}

async function work(request: Request, task: Task): Promise<Outcome> {
	switch (task.work.kind) {
		case 'send':
			return await send(request, task, task.work);
		case 'receive':
			return await receive(request, task, task.work);
		case 'drain':
			return await drain(request, task, task.work);
		case 'sendMany':
			return await sendMany(request, task, task.work);
		default:
			return { done: 0 };
	}
}

const SENT_HEADERS = { 'mex-to': 'BENCH002', 'mex-workflowid': 'BENCHMARK', 'Content-Type': 'application/octet-stream' };

async function send(request: Request, task: Task, work: SendWork): Promise<Outcome> {
	const chunks = Math.ceil(work.bytes / work.chunkBytes);
	const inputPath = task.inputPath ?? '';
	let messageId = '';
	for (let chunk = 1; chunk <= chunks; chunk++) {
		const start = (chunk - 1) * work.chunkBytes;
		const end = Math.min(start + work.chunkBytes, work.bytes);
		const gzipped = work.gzip ? await promisify(gzip)(await readRange(inputPath, start, end), { level: GZIP_LEVEL }) : undefined;
		const { body } = await request<{ message_id: string }>({
			path: chunk === 1 ? '/outbox' : `/outbox/${messageId}/${chunk}`,
			method: 'POST',
			headers: {
				...SENT_HEADERS,
				'mex-chunk-range': `${chunk}:${chunks}`,
				'Content-Length': gzipped?.length ?? end - start,
				...(gzipped ? { 'Content-Encoding': 'gzip' } : {}),
			},
			body: gzipped ?? createReadStream(inputPath, { start, end: end - 1 }),
		});
		messageId = body.message_id;
	}
	return { done: work.bytes };
}

async function readRange(path: string, start: number, end: number): Promise<Buffer> {
	const file = await open(path, 'r');
	const buffer = Buffer.alloc(end - start);
	await file.read(buffer, 0, buffer.length, start);
	await file.close();
	return buffer;
}

async function receive(request: Request, task: Task, work: ReceiveWork): Promise<Outcome> {
	let done = 0;
	for (let chunk = 1, chunks = 1; chunk <= chunks; chunk++) {
		const response = await request<Readable>({
			path: `/inbox/${task.messageId}/${chunk}`,
			method: 'GET',
			encoding: 'stream',
			headers: { 'Accept-Encoding': work.gzip ? 'gzip' : 'identity' },
		});
		chunks = Number((response.headers['mex-chunk-range'] ?? '1:1').split(':')[1]);
		const file = createWriteStream(task.outputPath ?? '', { flags: chunk === 1 ? 'w' : 'a' });
		await pipeline(response.body, file);
		done += file.bytesWritten;
	}
	return { done };
}

async function drain(request: Request, task: Task, work: DrainWork): Promise<Outcome> {
	const ids: string[] = [];
	for (let path: string | undefined = '/inbox'; path !== undefined; ) {
		const { body }: FullResponse<{ messages: string[]; links: { next?: string } }> = await request({ path, method: 'GET', json: true });
		ids.push(...body.messages);
		path = body.links.next?.slice(body.links.next.indexOf('/inbox'));
	}
	await eachOf(ids, atOnce(task), async (id) => {
		const { body } = await request<ArrayBuffer>({ path: `/inbox/${id}`, method: 'GET', encoding: 'arraybuffer' });
		if (body.byteLength !== work.bytes) throw new Error(`Message ${id} has ${body.byteLength} bytes.`);
		await request({ path: `/inbox/${id}/status/acknowledged`, method: 'PUT' });
	});
	return { done: ids.length };
}

async function sendMany(request: Request, task: Task, work: SendManyWork): Promise<Outcome> {
	const body = await readFile(task.inputPath ?? '');
	const numbers = Array.from({ length: work.messages }, (_, number) => number);
	await eachOf(numbers, atOnce(task), async () => {
		await request({ path: '/outbox', method: 'POST', headers: SENT_HEADERS, body });
	});
	return { done: work.messages };
}

const atOnce = (task: Task): number => Number(task.options.atOnce ?? 1);

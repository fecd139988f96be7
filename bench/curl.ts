import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Content } from './server/content';
import { authorization } from './work';
import type { Command, ReceiveWork, SendWork, Task } from './work';

/** One curl process that makes all requests over one kept-alive connection: the practical limit of a single connection. */
export async function curlCommand(task: Task): Promise<Command> {
	switch (task.work.kind) {
		case 'send':
			return task.work.gzip ? await gzipEachChunk(task, task.work) : await sendChunks(task, task.work);
		case 'receive':
			return await receiveChunks(task, task.work);
		case 'drain':
			return await drain(task);
		default:
			return await sendMany(task);
	}
}

interface Request {
	path: string;
	method: string;
	headers?: string[];
	uploadPath?: string;
	/** To standard output when absent. */
	discard?: boolean;
	compressed?: boolean;
}

const quoted = (text: string): string => `"${text.replace(/(["\\])/g, '\\$1')}"`;

function section(task: Task, request: Request): string {
	const { access } = task;
	return [
		`url = ${quoted(`${access.url}/messageexchange/${access.mailboxId}${request.path}`)}`,
		`request = ${request.method}`,
		`cacert = ${quoted(access.caPath)}`,
		`cert = ${quoted(access.certificatePath)}`,
		`key = ${quoted(access.privateKeyPath)}`,
		...[`Authorization: ${authorization(access)}`, 'Accept: application/vnd.mesh.v2+json', 'Expect:', ...(request.headers ?? [])].map(
			(header) => `header = ${quoted(header)}`,
		),
		...(request.uploadPath === undefined ? [] : [`upload-file = ${quoted(request.uploadPath)}`]),
		...(request.discard ? ['output = "/dev/null"'] : []),
		...(request.compressed ? ['compressed'] : []),
		'fail',
	].join('\n');
}

/** The shell around curl prints the process to watch and, at the end, the CPU time of what it started. */
const WATCHED = 'curl --silent --show-error --fail-early --config "$1" >"$2" & echo "pid $!" >&2; wait $!; code=$?; times >&2; exit $code';

async function oneProcess(task: Task, requests: Request[]): Promise<Command> {
	const configPath = join(task.scratchPath, 'curl.conf');
	await writeFile(configPath, requests.map((request) => section(task, request)).join('\nnext\n'));
	return { program: 'sh', args: ['-c', WATCHED, 'sh', configPath, task.outputPath ?? '/dev/null'], reports: false };
}

const sentHeaders = (range: string): string[] => [
	'mex-to: BENCH002',
	'mex-workflowid: BENCHMARK',
	'Content-Type: application/octet-stream',
	`mex-chunk-range: ${range}`,
];

/** The ID the server gives to the first message after it was configured: curl's requests are all written beforehand. */
const FIRST_MESSAGE_ID = '20250101000000000001_BE7C40';

const chunkPath = (chunk: number): string => (chunk === 1 ? '/outbox' : `/outbox/${FIRST_MESSAGE_ID}/${chunk}`);

async function sendChunks(task: Task, work: SendWork): Promise<Command> {
	const chunks = Math.ceil(work.bytes / work.chunkBytes);
	const requests: Request[] = [];
	for (let chunk = 1; chunk <= chunks; chunk++) {
		const start = (chunk - 1) * work.chunkBytes;
		const uploadPath = join(task.scratchPath, `chunk-${chunk}`);
		await writeFile(uploadPath, Content.of(work.content).copy(start, Math.min(start + work.chunkBytes, work.bytes)));
		requests.push({ path: chunkPath(chunk), method: 'POST', headers: sentHeaders(`${chunk}:${chunks}`), uploadPath, discard: true });
	}
	return await oneProcess(task, requests);
}

/** gzip piped into one curl for each chunk: curl cannot compress what it sends. */
async function gzipEachChunk(task: Task, work: SendWork): Promise<Command> {
	const chunks = Math.ceil(work.bytes / work.chunkBytes);
	for (let chunk = 1; chunk <= chunks; chunk++) {
		const headers = [...sentHeaders(`${chunk}:${chunks}`), 'Content-Encoding: gzip'];
		await writeFile(
			join(task.scratchPath, `curl-${chunk}.conf`),
			section(task, {
				path: chunkPath(chunk),
				method: 'POST',
				headers,
				uploadPath: '-',
				discard: true,
			}),
		);
	}
	const script =
		'chunk=1; while [ $chunk -le $2 ]; do head -c $3 | gzip -6 | curl --silent --show-error --config "$1/curl-$chunk.conf" || exit 1; ' +
		'chunk=$((chunk+1)); done <"$4"; times >&2';
	return {
		program: 'sh',
		args: ['-c', script, 'sh', task.scratchPath, String(chunks), String(work.chunkBytes), task.inputPath ?? ''],
		reports: false,
	};
}

async function receiveChunks(task: Task, work: ReceiveWork): Promise<Command> {
	const requests: Request[] = [];
	for (let chunk = 1; chunk <= Math.ceil(work.bytes / work.chunkBytes); chunk++) {
		requests.push({ path: `/inbox/${task.messageId}/${chunk}`, method: 'GET', compressed: work.gzip });
	}
	return await oneProcess(task, requests);
}

async function drain(task: Task): Promise<Command> {
	const ids = task.inboxIds ?? [];
	return await oneProcess(task, [
		{ path: '/inbox', method: 'GET', discard: true },
		...ids.flatMap((id): Request[] => [
			{ path: `/inbox/${id}`, method: 'GET', discard: true },
			{ path: `/inbox/${id}/status/acknowledged`, method: 'PUT', discard: true },
		]),
	]);
}

async function sendMany(task: Task): Promise<Command> {
	if (task.work.kind !== 'sendMany') throw new Error('Not the work of sending many messages.');
	const uploadPath = task.inputPath;
	return await oneProcess(
		task,
		Array.from(
			{ length: task.work.messages },
			(): Request => ({ path: '/outbox', method: 'POST', headers: sentHeaders('1:1'), uploadPath, discard: true }),
		),
	);
}

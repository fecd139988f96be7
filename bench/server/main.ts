/** The server's own process: started with the paths of its certificates, steered over Node's process channel. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { BenchCertificates } from '../session';
import { Content } from './content';
import type { ExpectedUpload, ServerAnswer, ServerCommand, ServerCounts, ServerSettings, StoredMessage } from './control';

const MAILBOX = 'BENCH001';
const DEFAULT_PAGE = 500;
const JSON_V2 = 'application/vnd.mesh.v2+json';

/**
 * As much of MESH as the jobs need and no more, so that what is measured is the client: uploads are thrown away,
 * downloads are generated, one mailbox, one sender. Anything else is answered 404.
 */
class MeshServer {
	readonly https: Server;
	private settings: ServerSettings = { messages: [], latencyMs: 0 };
	private inbox = new Map<string, StoredMessage>();
	private uploads = new Uploads();
	private counted: Omit<ServerCounts, 'cpuSeconds'> = emptyCounts();
	private cpuBase = process.cpuUsage();

	constructor(certificates: BenchCertificates) {
		this.https = createServer(
			{
				ca: certificates.ca,
				cert: certificates.server.certificate,
				key: certificates.server.privateKey,
				requestCert: true,
				rejectUnauthorized: true,
				minVersion: 'TLSv1.2',
				keepAliveTimeout: 120_000,
				requestTimeout: 0,
			},
			(request, response) => {
				this.answer(request, response).catch((error: unknown) => {
					this.counted.faults.push(`${request.method} ${request.url}: ${error instanceof Error ? error.message : String(error)}`);
					response.destroy();
				});
			},
		);
		this.https.on('secureConnection', (socket: TLSSocket) => {
			this.counted.connections++;
			if (socket.isSessionReused()) this.counted.resumed++;
		});
	}

	configure(settings: ServerSettings): void {
		settings.messages.forEach(prepare);
		this.settings = settings;
		this.inbox = new Map(settings.messages.map((message) => [message.messageId, message]));
		this.uploads = new Uploads();
		this.counted = emptyCounts();
		this.cpuBase = process.cpuUsage();
	}

	counts(): ServerCounts {
		const { user, system } = process.cpuUsage(this.cpuBase);
		return { ...this.counted, cpuSeconds: (user + system) / 1e6 };
	}

	private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		this.counted.requests++;
		const url = new URL(request.url ?? '/', 'https://localhost');
		const [, root, mailbox, box, id, chunkText, last] = url.pathname.split('/');
		const authorized = (request.headers.authorization ?? '').startsWith(`NHSMESH ${MAILBOX}:`);
		if (root !== 'messageexchange' || mailbox !== MAILBOX || !authorized)
			return await this.reply(request, response, authorized ? 404 : 403);
		if (box === undefined) return await this.reply(request, response, 200);
		if (box === 'outbox' && request.method === 'POST') return await this.upload(request, response, id, Number(chunkText ?? 1));
		if (box !== 'inbox') return await this.reply(request, response, 404);
		if (id === undefined) {
			this.counted.firstListedAtMs ??= performance.now();
			return await this.reply(request, response, 200, this.page(url));
		}
		if (request.method === 'PUT' && chunkText === 'status' && last === 'acknowledged') {
			if (!this.inbox.delete(id)) return await this.reply(request, response, 404);
			this.counted.acknowledged++;
			this.counted.lastAcknowledgedAtMs = performance.now();
			this.counted.firstAcknowledgedAtMs ??= this.counted.lastAcknowledgedAtMs;
			return await this.reply(request, response, 200);
		}
		const message = this.inbox.get(id);
		const chunk = Number(chunkText ?? 1);
		if (request.method !== 'GET' || message === undefined || !(chunk >= 1 && chunk <= chunkCount(message))) {
			return await this.reply(request, response, 404);
		}
		this.counted.lastDownloadedAtMs = performance.now();
		this.counted.firstDownloadedAtMs ??= this.counted.lastDownloadedAtMs;
		await this.wait();
		const acceptsGzip = String(request.headers['accept-encoding'] ?? '').includes('gzip');
		this.counted.downloadedBytes += await serveChunk(message, chunk, acceptsGzip, response);
	}

	private async upload(request: IncomingMessage, response: ServerResponse, id: string | undefined, chunk: number): Promise<void> {
		const received = await this.uploads.take(request, id, chunk, this.settings.verifyUploads);
		this.counted.uploadedBytes += received.bytes;
		if (received.complete) this.counted.messagesSent++;
		if (received.fault !== undefined) this.counted.faults.push(received.fault);
		await this.reply(request, response, received.fault === undefined ? 202 : 417, { message_id: received.messageId });
	}

	/** One page of the inbox with a link to the next (MESH API, list inbox, version 2). */
	private page(url: URL): unknown {
		const size = Number(url.searchParams.get('max_results') ?? DEFAULT_PAGE);
		const ids = [...this.inbox.keys()];
		const from = url.searchParams.get('continue_from');
		const start = from === null ? 0 : ids.indexOf(from) + 1;
		const messages = ids.slice(start, start + size);
		const self = `${url.pathname}?max_results=${size}`;
		const more = start + size < ids.length;
		return {
			messages,
			links: { self, ...(more ? { next: `${self}&continue_from=${encodeURIComponent(messages[messages.length - 1])}` } : {}) },
			approx_inbox_count: ids.length,
		};
	}

	private async wait(): Promise<void> {
		if (this.settings.latencyMs > 0) await pause(this.settings.latencyMs);
	}

	private async reply(request: IncomingMessage, response: ServerResponse, status: number, body?: unknown): Promise<void> {
		if (!request.readableEnded) request.resume();
		if (status >= 400) this.counted.faults.push(`${status} ${request.method} ${request.url}`);
		await this.wait();
		const text = body === undefined ? '' : JSON.stringify(body);
		response.writeHead(status, { ...(text === '' ? {} : { 'content-type': JSON_V2 }), 'content-length': Buffer.byteLength(text) });
		response.end(text);
	}
}

function emptyCounts(): Omit<ServerCounts, 'cpuSeconds'> {
	return { requests: 0, connections: 0, resumed: 0, uploadedBytes: 0, downloadedBytes: 0, messagesSent: 0, acknowledged: 0, faults: [] };
}

/** A chunked upload under way, seen from outside: only where it stands. */
interface Upload {
	chunks: number;
	nextChunk: number;
	plainBytes: number;
}

interface ReceivedChunk {
	messageId: string;
	/** Bytes as transmitted. */
	bytes: number;
	complete: boolean;
	fault?: string;
}

/** Takes uploads and throws the bytes away, but keeps an eye on order and completeness (MESH API, chunked sending). */
class Uploads {
	private readonly open = new Map<string, Upload>();
	private count = 0;

	/** `expected` is what every message should be. */
	async take(request: IncomingMessage, messageId: string | undefined, chunk: number, expected?: ExpectedUpload): Promise<ReceivedChunk> {
		const [first, total] = ((request.headers['mex-chunk-range'] as string | undefined) ?? '1:1').split(':').map(Number);
		const id = messageId ?? `20250101000000${String(++this.count).padStart(6, '0')}_BE7C40`;
		const upload = messageId === undefined ? { chunks: total, nextChunk: 1, plainBytes: 0 } : this.open.get(id);
		const parts: Buffer[] = [];
		let bytes = 0;
		for await (const part of request as AsyncIterable<Buffer>) {
			bytes += part.length;
			if (expected) parts.push(part);
		}
		if (upload === undefined) return { messageId: id, bytes, complete: false, fault: 'chunk of a message that is not being uploaded' };
		const fault =
			faultOf(upload, first, total, chunk, bytes) ?? (expected ? contentFault(request, upload, Buffer.concat(parts), expected) : undefined);
		upload.nextChunk++;
		const complete = chunk === upload.chunks;
		if (complete) this.open.delete(id);
		else this.open.set(id, upload);
		return { messageId: id, bytes, complete, fault };
	}
}

function faultOf(upload: Upload, first: number, total: number, chunk: number, bytes: number): string | undefined {
	if (first !== chunk || total !== upload.chunks) return `chunk range ${first}:${total} on chunk ${chunk} of ${upload.chunks}`;
	if (chunk !== upload.nextChunk) return `chunk ${chunk} arrived when ${upload.nextChunk} was due`;
	return bytes === 0 ? 'empty body' : undefined;
}

function contentFault(request: IncomingMessage, upload: Upload, body: Buffer, { content, bytes }: ExpectedUpload): string | undefined {
	const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
	const offset = upload.plainBytes;
	upload.plainBytes += plain.length;
	if (!Content.of(content).matches(offset, plain)) return `content differs in the ${plain.length} bytes from ${offset} on`;
	const isLast = upload.nextChunk === upload.chunks;
	return isLast && upload.plainBytes !== bytes ? `${upload.plainBytes} bytes of content instead of ${bytes}` : undefined;
}

const SLICE_BYTES = 256 * 1024;
const GZIP_LEVEL = 6;

/** Gzipped chunks by their place in the content's period: equal chunks are compressed once and kept. */
const compressed = new Map<string, Buffer>();

function gzippedChunk(message: StoredMessage, start: number, end: number): Buffer {
	const content = Content.of(message.content);
	const key = `${message.content}:${start % content.period}:${end - start}`;
	let chunk = compressed.get(key);
	if (chunk === undefined) {
		chunk = gzipSync(content.copy(start, end), { level: GZIP_LEVEL });
		compressed.set(key, chunk);
	}
	return chunk;
}

const chunkCount = (message: StoredMessage): number => Math.max(1, Math.ceil(message.bytes / message.chunkBytes));

/** Compresses what downloads of this message will need, so that no download waits for it. */
function prepare(message: StoredMessage): void {
	if (!message.gzip) return;
	for (let chunk = 1; chunk <= chunkCount(message); chunk++) gzippedChunk(message, ...rangeOf(message, chunk));
}

function rangeOf(message: StoredMessage, chunk: number): [number, number] {
	const start = (chunk - 1) * message.chunkBytes;
	return [start, Math.min(start + message.chunkBytes, message.bytes)];
}

/**
 * Answers with one chunk (MESH API, download message): 206 while more follow.
 * @returns the bytes of the body
 */
async function serveChunk(message: StoredMessage, chunk: number, acceptsGzip: boolean, response: ServerResponse): Promise<number> {
	const chunks = chunkCount(message);
	const [start, end] = rangeOf(message, chunk);
	const gzipped = message.gzip && acceptsGzip ? gzippedChunk(message, start, end) : undefined;
	const length = gzipped?.length ?? end - start;
	response.writeHead(chunk < chunks ? 206 : 200, {
		'content-type': 'application/octet-stream',
		'content-length': length,
		...(gzipped ? { 'content-encoding': 'gzip', 'mex-content-compressed': 'Y' } : {}),
		'mex-messageid': message.messageId,
		'mex-messagetype': 'DATA',
		'mex-from': 'BENCH002',
		'mex-to': 'BENCH001',
		'mex-workflowid': 'BENCHMARK',
		'mex-filename': `${message.messageId}.dat`,
		'mex-chunk-range': `${chunk}:${chunks}`,
		'mex-total-chunks': String(chunks),
		'mex-statuscode': '00',
		'mex-statusevent': 'TRANSFER',
		'mex-statussuccess': 'SUCCESS',
	});
	for (const slice of gzipped ? slices(gzipped) : Content.of(message.content).views(start, end, SLICE_BYTES)) {
		if (!response.write(slice) && !response.destroyed) await once(response, 'drain');
		if (response.destroyed) return length;
	}
	response.end();
	return length;
}

function* slices(bytes: Buffer): Generator<Buffer, void, void> {
	for (let offset = 0; offset < bytes.length; offset += SLICE_BYTES) yield bytes.subarray(offset, offset + SLICE_BYTES);
}

const certificates = JSON.parse(readFileSync(process.argv[2], 'utf8')) as BenchCertificates;
const server = new MeshServer(certificates);
const say = (answer: ServerAnswer): void => {
	process.send?.(answer);
};

server.https.listen(0, '127.0.0.1', () => {
	say({ id: 0, port: (server.https.address() as AddressInfo).port });
});

process.on('message', (command: ServerCommand) => {
	if (command.name === 'configure') server.configure(command.settings);
	say({ id: command.id, ...(command.name === 'counts' ? { counts: server.counts() } : {}) });
	if (command.name === 'stop') process.disconnect();
});

// Whoever started us is gone or has said stop: nothing is left to serve.
process.on('disconnect', () => {
	process.exit(0);
});

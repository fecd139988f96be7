import { once } from 'node:events';
import { PassThrough, pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { constants, createGunzip, createGzip } from 'node:zlib';
import { SERVER_FAILURES } from '../errors/catalogue';
import { Validation, refuse, serverFailure } from '../errors/refusals';
import type { Answer } from '../server/answer';
import type { MeshRequest, Route } from '../server/context';
import { versionForErrors } from '../server/version';
import { lastEvent } from '../store/storedMessage';
import type { StoredMessage } from '../store/storedMessage';
import { downloadContentType, downloadHeaders } from '../views/message';

/** MESH API, download message: the whole of a single-chunk message, or the first chunk of a larger one. */
export const download: Route = {
	call: 'download',
	methods: ['GET'],
	path: '/messageexchange/:mailbox/inbox/:messageId',
	access: 'token',
	handle: (request) => chunkAnswer(request, 1),
};

/** MESH API, download chunk: 206 while more follow, 200 for the last. */
export const downloadChunk: Route = {
	call: 'downloadChunk',
	methods: ['GET'],
	path: '/messageexchange/:mailbox/inbox/:messageId/:chunk',
	access: 'token',
	handle(request) {
		const validation = new Validation();
		const chunk = validation.integer('path', 'chunk_num', request.params.chunk, 0, 1);
		validation.done();
		return chunkAnswer(request, chunk);
	},
};

async function chunkAnswer(request: MeshRequest, asked: number): Promise<Answer> {
	const { context, mailbox, params } = request;
	const version = request.version();
	const message = context.messages.get(params.messageId);
	if (!message) throw refuse('messageNotFound');
	if (message.to !== mailbox.mailboxId) throw refuse('forbidden');
	if (!isAvailable(request, message)) throw refuse('messageGone');
	if (message.type === 'REPORT') return { status: 200, headers: downloadHeaders(message, 1, false, context.behaviour) };
	const chunk = request.fault?.kind === 'duplicateChunk' ? neighbour(asked) : asked;
	// A neighbour that does not exist leaves the same bytes under a wrong number.
	const served = message.chunkBytes[chunk] === undefined && chunk !== asked ? asked : chunk;
	if (message.chunkBytes[served] === undefined) throw refuse('messageNotFound');
	const { body, gzip } = await chunkBody(request, message, served, version);
	return {
		status: asked < message.totalChunks ? 206 : 200,
		headers: {
			'content-type': downloadContentType(message, version, context.behaviour),
			...downloadHeaders(message, chunk, gzip, context.behaviour),
		},
		body,
	};
}

/** Expired, failed, unfinished, not delivered yet and, by the specification, acknowledged messages are not. */
function isAvailable({ context }: MeshRequest, message: StoredMessage): boolean {
	if (context.office.isDelivered(message)) return true;
	return context.behaviour.afterAcknowledgement === 'available' && lastEvent(message).status === 'acknowledged';
}

const neighbour = (chunk: number) => (chunk > 1 ? chunk - 1 : 2);

/** MESH API, message headers: for the recipient, and for the sender in any status; a bad `Accept` is ignored. */
export const head: Route = {
	call: 'head',
	methods: ['HEAD'],
	path: '/messageexchange/:mailbox/inbox/:messageId',
	access: 'token',
	handle(request) {
		const { context, mailbox, params } = request;
		const message = context.messages.get(params.messageId);
		const isRecipient = message?.to === mailbox.mailboxId;
		if (!message || (!isRecipient && message.from !== mailbox.mailboxId)) throw refuse('messageNotFound');
		const isThere = context.office.isDelivered(message) || message.status === 'acknowledged';
		if (!isThere && message.from !== mailbox.mailboxId) throw refuse('messageGone');
		const headers = downloadHeaders(message, 1, message.gzip, context.behaviour);
		if (message.type === 'DATA')
			headers['content-type'] = downloadContentType(message, versionForErrors(request.header('accept')), context.behaviour);
		return { status: 200, headers };
	},
};

/** Up to this size a chunk is read at once, which costs less than a stream. */
const IN_MEMORY_BYTES = 256 * 1024;
const BLOCK_BYTES = 1024 * 1024;

/**
 * The body of one chunk as this client gets it: as stored, or unpacked for a client that does not take gzip, or packed
 * by the server for a v2 client that does (the switch `plainDownloads`). `gzip`: whether it goes out packed.
 */
async function chunkBody(
	request: MeshRequest,
	message: StoredMessage,
	chunk: number,
	version: number,
): Promise<{ body: Answer['body']; gzip: boolean }> {
	const { bodies, behaviour } = request.context;
	const acceptsGzip = (request.header('accept-encoding') ?? '').includes('gzip');
	const length = message.chunkBytes[chunk];
	// An empty chunk is no gzip, and says so: unpacking it would fail here, and at the client.
	if (message.gzip && length === 0) return { body: Buffer.alloc(0), gzip: false };
	if (message.gzip && !acceptsGzip) {
		return { body: { stream: await unpacked(bodies.stream(message.id, chunk), request) }, gzip: false };
	}
	if (!message.gzip && acceptsGzip && version >= 2 && behaviour.plainDownloads === 'packed') {
		const packer = createGzip({ level: constants.Z_BEST_SPEED, chunkSize: BLOCK_BYTES });
		return { body: { stream: joined(bodies.stream(message.id, chunk), packer) }, gzip: true };
	}
	const body = length <= IN_MEMORY_BYTES ? await bodies.read(message.id, chunk) : { stream: bodies.stream(message.id, chunk), length };
	return { body, gzip: message.gzip };
}

/** Waits for the first unpacked bytes, so that content which is not gzip at all is a 500 and not a broken answer. */
async function unpacked(stored: Readable, { record }: MeshRequest): Promise<Readable> {
	const unpacker = joined(stored, createGunzip({ chunkSize: BLOCK_BYTES }));
	try {
		await once(unpacker, 'readable');
	} catch (error) {
		throw serverFailure((error as Error).message === 'incorrect header check' ? 'notGzip' : 'damagedGzip');
	}
	unpacker.once('error', () => {
		if (record.outcome === 'ok') record.outcome = SERVER_FAILURES.damagedGzip;
	});
	return unpacker;
}

/** Ends in an error when either side fails. */
function joined<T extends Readable & NodeJS.WritableStream>(source: Readable, target: T): Readable {
	pipeline(source, target, () => undefined);
	return target;
}

/** For callers that need the decoded bytes whatever a client would get. */
export function decoded(stored: Readable, gzip: boolean): Readable {
	return gzip ? joined(stored, createGunzip()) : joined(stored, new PassThrough());
}

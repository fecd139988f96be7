import { once } from 'node:events';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { constants, createGunzip, createGzip } from 'node:zlib';
import { serverFailure } from '../errors/refusals';
import { SERVER_FAILURES } from '../errors/serverFailures';
import type { Answer } from '../server/answer';
import type { MeshRequest } from '../server/context';
import type { StoredMessage } from '../store/storedMessage';

/** Up to this size a chunk is read at once, which costs less than a stream. */
const IN_MEMORY_BYTES = 256 * 1024;
const BLOCK_BYTES = 1024 * 1024;

/**
 * The body of one chunk as this client gets it: as stored, or unpacked for a client that does not take gzip, or packed
 * by the server for a v2 client that does (the switch `plainDownloads`). `gzip`: whether it goes out packed.
 */
export async function chunkBody(request: MeshRequest, message: StoredMessage, chunk: number, version: number): Promise<{ body: Answer['body']; gzip: boolean }> {
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

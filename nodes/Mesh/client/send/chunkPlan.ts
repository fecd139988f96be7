import { invalidInput } from '../errors';
import type { UnsettledSend, UploadState } from '../errors';
import type { CallOptions } from '../exchange';
import { isMessageId } from '../values';
import type { ChunkProgress } from '../transferLog';

export interface SendOptions extends CallOptions {
	/** Plain bytes per chunk, 1 to 99,999,999. Default 20 MiB. */
	chunkSize?: number;
	/** gzip each chunk. `auto` compresses unless the content type or a sample says that it will not help. Default auto. */
	compression?: 'auto' | 'always' | 'never';
	/** gzip level 1 to 9. Default 6. */
	compressionLevel?: number;
	/** After an ambiguous failure of the first request that tracking cannot settle: send again. Risks a duplicate. Default false. */
	sendAgainWhenNoRecord?: boolean;
	/**
	 * An earlier call of this very message ended without anybody knowing whether MESH has it: its local ID is used again, and
	 * tracking is asked before anything is sent. Other content or another recipient is refused.
	 */
	unsettled?: UnsettledSend;
	/**
	 * Go on with an upload that was interrupted. `chunkSize` and `compression` are taken from it. Other content or another
	 * recipient is refused.
	 */
	continueFrom?: UploadState;
	/** Whether the caller knows a message ID as that of another message, such as one that the item at hand came with. */
	isOtherMessage?: (messageId: string) => boolean;
	onChunk?: (progress: ChunkProgress) => void;
}

/** Below the 20 MB that internet gateways used to allow in one request (MESH API, send message: limits). */
const DEFAULT_CHUNK_BYTES = 20 * 1024 * 1024;
/** One request body, as transmitted: MESH takes what is below 100 MB. */
export const MAX_REQUEST_BYTES = 99_999_999;
/** gzip makes incompressible data a little longer: about 31 kB at this size. */
const MAX_COMPRESSED_CHUNK_BYTES = 99_900_000;
const MAX_MESSAGE_BYTES = 100_000_000_000;
/** Not in the specification; a client of the NHS notes it. */
const MAX_CHUNKS = 10_000;

/** How a message is cut; chunks are numbered from 1. */
export interface ChunkPlan {
	size: number;
	chunkSize: number;
	chunkCount: number;
	compressed: boolean;
}

/** The number of chunks must be known before the first request, as each one carries it. */
export function planChunks(size: number, compressed: boolean, { chunkSize: wanted }: Pick<SendOptions, 'chunkSize'>): ChunkPlan {
	checkSize(size);
	const asked = wanted ?? DEFAULT_CHUNK_BYTES;
	if (!Number.isSafeInteger(asked) || asked < 1 || asked > MAX_REQUEST_BYTES) {
		throw invalidInput('chunkSize', 'The chunk size must be a whole number of bytes from 1 to 99,999,999', 'About 20,000,000 suits most.');
	}
	const chunkSize = compressed ? Math.min(asked, MAX_COMPRESSED_CHUNK_BYTES) : asked;
	const chunkCount = Math.ceil(size / chunkSize);
	if (chunkCount > MAX_CHUNKS) {
		throw invalidInput(
			'chunkSize',
			`With this chunk size the message has ${chunkCount} chunks, and ${MAX_CHUNKS} is the most`,
			`Use a chunk size of at least ${Math.ceil(size / MAX_CHUNKS)} bytes.`,
		);
	}
	return { size, chunkSize, chunkCount, compressed };
}

export function checkSize(size: number): void {
	if (size === 0) throw invalidInput('source', 'The content is empty, and MESH refuses empty messages', 'Send at least one byte.');
	if (!Number.isSafeInteger(size) || size < 0)
		throw invalidInput('source', 'The size of the content is not known', 'Give its size in bytes.');
	if (size > MAX_MESSAGE_BYTES) {
		throw invalidInput('source', 'The content is larger than the 100 GB that MESH takes', 'Split it into several messages.');
	}
}

/** The bytes [start, end) of a chunk. */
export function chunkBounds({ size, chunkSize }: ChunkPlan, chunk: number): { start: number; end: number } {
	return { start: (chunk - 1) * chunkSize, end: Math.min(size, chunk * chunkSize) };
}

const PARAMETER = 'continueFrom';

/** The plan of an upload that is to go on: it must be the same content, cut in the same way. */
export function continuedPlan(size: number, state: UploadState): ChunkPlan {
	const { chunkSize, chunkCount, nextChunk, messageId, compressed } = state;
	checkSize(size);
	if (size !== state.size) {
		throw invalidInput(
			PARAMETER,
			`The content has ${size} bytes, but the interrupted upload was of ${state.size}`,
			'Continue with exactly the same content, or send it anew as another message.',
		);
	}
	const sane =
		isMessageId(messageId) &&
		Number.isSafeInteger(chunkSize) &&
		chunkSize >= 1 &&
		chunkSize <= MAX_REQUEST_BYTES &&
		chunkCount === Math.ceil(size / chunkSize) &&
		Number.isSafeInteger(nextChunk) &&
		nextChunk >= 2 &&
		nextChunk <= chunkCount &&
		typeof compressed === 'boolean';
	if (!sane) {
		throw invalidInput(
			PARAMETER,
			'The state of the interrupted upload does not fit together',
			'Use the upload state exactly as the error of the interrupted send gave it.',
		);
	}
	return { size, chunkSize, chunkCount, compressed };
}

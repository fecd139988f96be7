import { MeshError } from '../errors';

export const DOWNLOAD_CALL = 'download the message';

/** Bytes or counts that do not agree with what was announced. `again` says how another try may end better. */
export function integrityError(messageId: string, why: string, again: { retryable?: boolean; networkCode?: string } = {}): MeshError {
	return new MeshError(`Could not ${DOWNLOAD_CALL}: ${why}`, {
		code: 'MESH_INTEGRITY',
		call: DOWNLOAD_CALL,
		messageId,
		hint: 'Nothing of it was acknowledged, so it can be downloaded again. If it happens again, something on the way damages the data, or the sender split the message wrongly.',
		temporary: true,
		retryable: false,
		...again,
	});
}

/** Bounds on what is accepted from the server. */
export interface DownloadLimits {
	/** Decoded bytes of the whole message. Default 110 GB: MESH itself ends at 100 GB. */
	maxBytes?: number;
	/** Default 100,000. */
	maxChunks?: number;
	/** Decoded to transmitted size, checked once 10 MiB are decoded. Default 1,100 (gzip's own maximum is about 1,032). */
	maxCompressionRatio?: number;
}

/** MESH's own limit on a message is 100 GB: more is a server that never ends. */
const DEFAULT_MAX_BYTES = 110_000_000_000;
const DEFAULT_MAX_CHUNKS = 100_000;
/** What gzip may add to content that it cannot make smaller, with room to spare. */
const GZIP_OVERHEAD = 1.01;
const GZIP_OVERHEAD_BYTES = 1024 * 1024;
const DEFAULT_MAX_RATIO = 1_100;
/** Small content may compress to next to nothing. */
const RATIO_CHECKED_FROM_BYTES = 10 * 1024 * 1024;

/** The bounds on one download, checked as the bytes come. */
export class LimitChecks {
	readonly #maxBytes: number;
	readonly #maxChunks: number;
	readonly #maxRatio: number;

	constructor(
		private readonly messageId: string,
		limits: DownloadLimits = {},
	) {
		this.#maxBytes = limits.maxBytes ?? DEFAULT_MAX_BYTES;
		this.#maxChunks = limits.maxChunks ?? DEFAULT_MAX_CHUNKS;
		this.#maxRatio = limits.maxCompressionRatio ?? DEFAULT_MAX_RATIO;
	}

	chunkCount(count: number): void {
		if (count > this.#maxChunks) throw this.#limitError(`it has ${count} chunks, the limit is ${this.#maxChunks}`, 'chunk count');
	}

	/** Decoded bytes of the whole message so far. */
	bytes(count: number): void {
		if (count > this.#maxBytes) throw this.#limitError(`it is larger than the limit of ${this.#maxBytes} bytes`, 'message size');
	}

	/** Transmitted bytes of one gzipped chunk so far: a stream of empty blocks has no end and no content. */
	transmitted(count: number): void {
		if (count > this.#maxBytes * GZIP_OVERHEAD + GZIP_OVERHEAD_BYTES) {
			throw this.#limitError(`more was transmitted than a message of ${this.#maxBytes} bytes takes`, 'message size');
		}
	}

	/** Decoded against transmitted bytes of one gzipped chunk so far. */
	ratio(decoded: number, transmitted: number): void {
		if (decoded < RATIO_CHECKED_FROM_BYTES || decoded <= transmitted * this.#maxRatio) return;
		throw this.#limitError(`it expands to more than ${this.#maxRatio} times its compressed size`, 'compression ratio');
	}

	#limitError(why: string, limit: string): MeshError {
		return new MeshError(`Could not ${DOWNLOAD_CALL}: ${why}`, {
			code: 'MESH_LIMIT',
			call: DOWNLOAD_CALL,
			messageId: this.messageId,
			hint: `Raise the limit on ${limit} if such messages are expected${limit === 'message size' ? ', or receive them as a file rather than as text or JSON' : ''}; otherwise ask the sender about the message.`,
			temporary: false,
		});
	}
}

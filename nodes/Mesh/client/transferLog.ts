import type { MeshConnection } from './exchange';

export interface ChunkProgress {
	messageId?: string;
	/** 1-based number of the chunk that has just been completed. */
	chunk: number;
	chunkCount: number;
	/** Totals so far. */
	bytes: number;
	transmittedBytes: number;
}

export interface TransferTotals {
	/** Decoded bytes. */
	bytes: number;
	/** Bytes as they went over the wire. */
	transmittedBytes: number;
	chunkCount: number;
}

/** So often, at most, a long transfer says that it gets on. */
const PROGRESS_INTERVAL_MS = 30_000;

interface TransferKind {
	verb: 'sent' | 'received';
	chunkCount: number;
	/** Plain bytes of the whole message, where known before its end. */
	size?: number;
	/** Share of the message that an earlier call has transferred, from 0 to 1. */
	doneBefore?: number;
}

interface ChunkFigures {
	chunk: number;
	/** Plain and as transmitted. */
	bytes: number;
	transmittedBytes: number;
}

/**
 * What a transfer writes into the log: each chunk at debug level, its progress now and then and its end at info level. The
 * figures are in the text, because n8n shows nothing else at its usual level. Never content.
 */
export class TransferLog {
	/** Known from the first answer on. */
	messageId: string | undefined;
	readonly #connection: Pick<MeshConnection, 'logger' | 'runtime'>;
	readonly #kind: TransferKind;
	readonly #startedAt: number;
	#toldAt: number;
	#chunkEndedAt: number;

	constructor(
		connection: Pick<MeshConnection, 'logger' | 'runtime'>,
		kind: TransferKind,
		messageId?: string,
		startedAt = connection.runtime.now(),
	) {
		this.messageId = messageId;
		this.#connection = connection;
		this.#kind = kind;
		this.#startedAt = this.#toldAt = this.#chunkEndedAt = startedAt;
	}

	/** @param share of the whole message that is through, from 0 to 1; @param bytes that this call has moved */
	moved(share: number, bytes: number): void {
		const now = this.#connection.runtime.now();
		if (now - this.#toldAt < PROGRESS_INTERVAL_MS || share >= 1) return;
		this.#toldAt = now;
		const elapsed = now - this.#startedAt;
		const { verb, size, doneBefore = 0 } = this.#kind;
		const left = share > doneBefore ? (elapsed * (1 - share)) / (share - doneBefore) : undefined;
		const figures = [
			size === undefined ? readableSize(bytes) : `${readableSize(share * size)} of ${readableSize(size)}`,
			readableRate(bytes, elapsed),
			left === undefined ? undefined : `about ${readableDuration(left)} left`,
		].filter((part) => part !== undefined);
		this.#connection.logger.info(`${this.#subject()}: ${Math.floor(share * 100)} % ${verb}, ${figures.join(', ')}`, {
			messageId: this.messageId,
			bytes,
		});
	}

	chunk({ chunk, bytes, transmittedBytes }: ChunkFigures): void {
		const { verb, chunkCount } = this.#kind;
		const durationMs = this.#connection.runtime.now() - this.#chunkEndedAt;
		this.#chunkEndedAt += durationMs;
		this.#connection.logger.debug(
			`${this.#subject()}: chunk ${chunk} of ${chunkCount} ${verb}, ${figuresOf({ bytes, transmittedBytes }, durationMs)}`,
			{
				messageId: this.messageId,
				chunk,
				chunkCount,
				bytes,
				transmittedBytes,
				durationMs,
			},
		);
	}

	done(totals: TransferTotals): void {
		const durationMs = this.#connection.runtime.now() - this.#startedAt;
		this.#connection.logger.info(
			`${this.#subject()} ${this.#kind.verb}: ${counted(totals.chunkCount, 'chunk')}, ${figuresOf(totals, durationMs)}`,
			{
				messageId: this.messageId,
				...totals,
				durationMs,
			},
		);
	}

	#subject(): string {
		return this.messageId === undefined ? 'New message' : `Message ${this.messageId}`;
	}
}

function figuresOf({ bytes, transmittedBytes }: Pick<TransferTotals, 'bytes' | 'transmittedBytes'>, durationMs: number): string {
	const size = transmittedBytes < bytes ? `${readableSize(bytes)} compressed to ${readableSize(transmittedBytes)}` : readableSize(bytes);
	return [size, readableDuration(durationMs), readableRate(bytes, durationMs)].filter((part) => part !== undefined).join(', ');
}

/** Numbers as people read them, in log lines and hints. */

const SIZE_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** Such as `231 MB`, in powers of 1000. */
export function readableSize(bytes: number): string {
	const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), SIZE_UNITS.length - 1);
	const value = bytes / 1000 ** power;
	return `${value.toFixed(power > 0 && value < 10 ? 1 : 0)} ${SIZE_UNITS[power]}`;
}

/** Such as `12 MB/s`; undefined where no time has passed. */
export function readableRate(bytes: number, milliseconds: number): string | undefined {
	return milliseconds > 0 ? `${readableSize((bytes * 1000) / milliseconds)}/s` : undefined;
}

/** Such as `0.4 s`, `27 min 40 s`, `3 h 5 min`. */
export function readableDuration(milliseconds: number): string {
	const seconds = Math.max(milliseconds, 0) / 1000;
	if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
	const whole = Math.round(seconds);
	if (whole < 60) return `${whole} s`;
	if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
	return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Such as `1,180 chunks`. */
export function counted(count: number, noun: string): string {
	// Grouping digits costs as much as a good part of a request; every message has its number of chunks told.
	return `${count < 1000 ? count : count.toLocaleString('en-GB')} ${noun}${count === 1 ? '' : 's'}`;
}

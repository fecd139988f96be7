import type { Socket } from 'node:net';

/** What the transport lets a body do with its request. */
interface BodyControl {
	pause(): void;
	resume(): void;
	/** Ends the request and its connection. */
	abort(): void;
}

/** How long a short answer may take as a whole: a server that sends a byte now and then never stalls. */
interface Patience {
	/** Begins to wait; returns what ends it. */
	start(tooLate: () => void): () => void;
	failure(): Error;
}

/** Waiting bytes at which the connection is told to stop reading. */
const HIGH_WATER_BYTES = 768 * 1024;
/**
 * A reader is woken for no less than this, unless the body ends. Measured when receiving into a file: half of it costs a
 * fifth more CPU, as each piece that is written wakes another thread; twice as much saves little and takes memory.
 */
const BATCH_BYTES = 512 * 1024;
/** To keep a connection it is worth reading this much of an unwanted body. */
const CHEAP_TO_DRAIN_BYTES = 128 * 1024;

/** The body of a response: pieces queued as they arrive, handed over in batches, with back-pressure on the connection. */
export class ResponseBody {
	/** Bytes received so far, as transmitted. */
	receivedBytes = 0;
	#queue: Buffer[] = [];
	#queuedBytes = 0;
	#state: 'open' | 'ended' | 'failed' | 'discarded' = 'open';
	#failure: Error | undefined;
	#paused = false;
	#drainedBytes = 0;
	#wake: (() => void) | undefined;
	/** Nothing more comes: the request is over. */
	#closed = false;
	#onClosed: (() => void) | undefined;
	#stopDraining: (() => void) | undefined;
	readonly #control: BodyControl;
	readonly #announcedBytes: number | undefined;
	readonly #patience: Patience | undefined;

	constructor(control: BodyControl, announcedBytes?: number, patience?: Patience) {
		this.#control = control;
		this.#announcedBytes = announcedBytes;
		this.#patience = patience;
	}

	get ended(): boolean {
		return this.#state !== 'open';
	}

	/** For the transport: a piece has arrived; it belongs to the body from now on. */
	push(piece: Buffer): void {
		this.receivedBytes += piece.length;
		if (this.#state === 'discarded' && (this.#drainedBytes += piece.length) > CHEAP_TO_DRAIN_BYTES) this.#control.abort();
		if (this.#state !== 'open') return;
		this.#queue.push(piece);
		this.#queuedBytes += piece.length;
		if (this.#queuedBytes >= HIGH_WATER_BYTES && !this.#paused) {
			this.#paused = true;
			this.#control.pause();
		}
		if (this.#queuedBytes >= BATCH_BYTES) this.#notify();
	}

	end(): void {
		this.#close();
		if (this.#state !== 'open') return;
		this.#state = 'ended';
		this.#notify();
	}

	fail(failure: Error): void {
		this.#close();
		if (this.#state !== 'open') return;
		this.#state = 'failed';
		this.#failure = failure;
		this.#notify();
	}

	/** The pieces that have arrived, `undefined` at the end; one reader at a time. Throws the `MeshError` that broke the body. */
	async next(): Promise<Buffer[] | undefined> {
		while (this.#state === 'open' && this.#queuedBytes < BATCH_BYTES) {
			await new Promise<void>((resolve) => (this.#wake = resolve));
		}
		if (this.#failure) throw this.#failure;
		if (this.#queue.length === 0) return undefined;
		const batch = this.#queue;
		this.#queue = [];
		this.#queuedBytes = 0;
		if (this.#paused) {
			this.#paused = false;
			this.#control.resume();
		}
		return batch;
	}

	/** All of it, or what came before `maxBytes` were passed with `complete` false. For answers that should be short. */
	async read(maxBytes: number): Promise<{ bytes: Buffer; complete: boolean }> {
		const stop = this.#startPatience();
		try {
			return await this.#readAll(maxBytes);
		} finally {
			stop?.();
		}
	}

	async #readAll(maxBytes: number): Promise<{ bytes: Buffer; complete: boolean }> {
		const pieces: Buffer[] = [];
		let size = 0;
		for (let batch = await this.next(); batch; batch = await this.next()) {
			for (const piece of batch) {
				pieces.push(piece);
				size += piece.length;
			}
			if (size > maxBytes) {
				this.discard();
				return { bytes: Buffer.concat(pieces).subarray(0, maxBytes), complete: false };
			}
		}
		return { bytes: pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, size), complete: true };
	}

	/** Not interested in the rest: reads a short rest so that the connection can be used again, else drops the connection. */
	discard(): void {
		if (this.#state !== 'open') {
			this.#queue = [];
			return;
		}
		this.#state = 'discarded';
		this.#queue = [];
		this.#queuedBytes = 0;
		const rest = (this.#announcedBytes ?? 0) - this.receivedBytes;
		if (rest > CHEAP_TO_DRAIN_BYTES) this.#control.abort();
		else {
			this.#stopDraining = this.#startPatience();
			if (this.#paused) this.#control.resume();
		}
		this.#notify();
	}

	/** Discards the rest and waits until the connection is free for the next request, or gone. */
	async drain(): Promise<void> {
		this.discard();
		if (!this.#closed) await new Promise<void>((resolve) => (this.#onClosed = resolve));
	}

	#startPatience(): (() => void) | undefined {
		const patience = this.#patience;
		return patience?.start(() => {
			this.fail(patience.failure());
			this.#control.abort();
		});
	}

	#close(): void {
		this.#closed = true;
		this.#stopDraining?.();
		this.#onClosed?.();
	}

	#notify(): void {
		const wake = this.#wake;
		this.#wake = undefined;
		wake?.();
	}
}

/** A request body of known length, for one attempt only. */
export interface RequestBody {
	length: number;
	/** Each piece is used up before the next is asked for. */
	pieces: AsyncIterable<Uint8Array>;
}

export interface HttpRequest {
	/** The call in words, for errors. */
	call: string;
	method: 'GET' | 'HEAD' | 'POST' | 'PUT';
	path: string;
	/** Asked for when the request goes out, which may be long after it was made: a token must not be old by then. */
	headers(): Record<string, string>;
	body?: RequestBody;
	signal?: AbortSignal;
	/** Made before its answer is needed: only where `mayAskAhead` says so. */
	ahead?: boolean;
}

/** Names in lower case. */
export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

export interface HttpResponse {
	status: number;
	headers: ResponseHeaders;
	/** To be read to its end or discarded, else it holds its connection, and its turn, until it has waited unread for too long. */
	body: ResponseBody;
}

/** One pool of connections to one host. */
export interface Transport {
	/** Throws `MeshError`; its `ambiguous` is true when the request may have reached the server. */
	request(request: HttpRequest): Promise<HttpResponse>;
	/** Whether a request made ahead, now, would neither wait nor keep others waiting. */
	mayAskAhead(): boolean;
	/** Closes the connections once running requests are done. */
	close(): Promise<void>;
}

/** The value of a header, the first one where it came several times. */
export function headerOf(headers: ResponseHeaders, name: string): string | undefined {
	const value = headers[name];
	return Array.isArray(value) ? value[0] : value;
}

/** More than any server says before an empty line. */
const LONGEST_HEAD = 64 * 1024;

/**
 * Leaves out of what is read from a connection the interim answers that come before an answer proper, such as a `100 Continue`
 * that nobody asked for (RFC 9110, 15.2: a client may ignore them). undici 7 takes 100 for a broken connection.
 *
 * undici reads by `socket.read()`, so that is the place: only the beginning of an answer is looked at, and its body passes as it
 * came, without a copy.
 * @returns to be called before each request: what comes next is the beginning of an answer
 */
export function ignoreInterimAnswers(socket: Socket): () => void {
	const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
	let atBeginning = true;
	/** What has come of a head that cannot be judged yet. */
	let held: Buffer | undefined;
	socket.read = (size?: number): Buffer | null => {
		for (;;) {
			const piece = read(size);
			if (!atBeginning || piece === null) return piece;
			const rest = withoutInterim(held ? Buffer.concat([held, piece]) : piece);
			held = undefined;
			if (rest === undefined) continue;
			if (rest.isWhole) {
				atBeginning = false;
				return rest.bytes;
			}
			held = rest.bytes;
		}
	};
	return () => void (atBeginning = true);
}

/** What is left of the beginning of an answer, and whether that can be told yet; undefined when nothing is left. */
function withoutInterim(bytes: Buffer): { bytes: Buffer; isWhole: boolean } | undefined {
	let rest = bytes;
	for (;;) {
		if (rest.length === 0) return undefined;
		if (!isInterim(rest)) return { bytes: rest, isWhole: true };
		const end = rest.indexOf('\r\n\r\n');
		if (end < 0) return { bytes: rest, isWhole: rest.length > LONGEST_HEAD };
		rest = rest.subarray(end + 4);
	}
}

/** How an interim answer begins; a 0 stands for any digit. */
const BEGINNING = 'HTTP/1.0 100';

/** Whether it begins like an interim answer, as far as it has come; not so with 101, after which no HTTP would follow. */
function isInterim(bytes: Buffer): boolean {
	const line = bytes.toString('latin1', 0, BEGINNING.length);
	const fits = (character: string, at: number) => (BEGINNING[at] === '0' ? /\d/.test(character) : character === BEGINNING[at]);
	return [...line].every(fits) && !line.endsWith(' 101');
}

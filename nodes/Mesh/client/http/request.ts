import { isUtf8 } from 'node:buffer';
import { CodedError, abortedError } from '../errors';
import type { MeshRuntime } from '../runtime';
import { networkError, timeoutError } from './networkErrors';
import type { TimeoutPhase } from './networkErrors';
import { ResponseBody, headerOf } from './response';
import type { HttpRequest, HttpResponse, RequestBody, ResponseHeaders } from './response';

/** The part of undici's dispatch controller that is used here. */
interface Controller {
	abort(reason: Error): void;
	pause(): void;
	resume(): void;
}

interface SilenceWatch {
	timeouts: { responseMs: number; stallMs: number };
	after: MeshRuntime['after'];
}

/** The connection that a request is to go over. */
interface Carrier {
	/** The request goes out over it: an answer is what comes next. */
	begun(): void;
	/** The request has failed before it had a connection: nothing more is to be done for it. */
	givenUp(): void;
	/** undici has nothing to do with the request any more, and the connection can take another one. */
	free(): void;
}

/**
 * One request and its response, driven by undici's dispatcher. Handles what undici leaves open: cancelling, whether anything was
 * sent before a failure, and silences, be it of the content's source, of the server, or in the middle of an answer.
 */
export class ExchangeHandler {
	readonly response: Promise<HttpResponse>;
	#resolve!: (response: HttpResponse) => void;
	#reject!: (failure: Error) => void;
	#controller: Controller | undefined;
	#body: ResponseBody | undefined;
	/** Why we ended the request ourselves; undici's error then says only that it was aborted. */
	#ownFailure: Error | undefined;
	#started = false;
	#settled = false;
	#over = false;
	#stopTimer: (() => void) | undefined;
	readonly #onAbort = () => this.#fail(abortedError(this.request.call, { ambiguous: this.#started }));

	constructor(
		private readonly request: HttpRequest,
		private readonly host: string,
		private readonly watch: SilenceWatch,
		private readonly carrier: Carrier,
	) {
		this.response = new Promise<HttpResponse>((resolve, reject) => {
			this.#resolve = resolve;
			this.#reject = reject;
		});
		if (request.signal?.aborted) this.#onAbort();
		else request.signal?.addEventListener('abort', this.#onAbort, { once: true });
	}

	/** What undici is to send: the pieces, watched for progress. */
	requestBody(): AsyncIterable<Uint8Array> | undefined {
		const { body } = this.request;
		const { stallMs, responseMs } = this.watch.timeouts;
		return (
			body &&
			watchedPieces(body, {
				onReading: () => this.#arm(stallMs, 'reading'),
				onSending: () => this.#arm(stallMs, 'sending'),
				onSent: () => this.#arm(responseMs, 'waiting'),
			})
		);
	}

	onRequestStart(controller: Controller): void {
		this.#controller = controller;
		if (this.#ownFailure) return controller.abort(this.#ownFailure);
		if (this.#started) {
			// undici starts a request anew when its connection turns out to be dead; repeating is for our own rules to decide.
			return this.#fail(networkError(new CodedError('ECONNRESET'), { call: this.request.call, host: this.host, sent: true }));
		}
		this.#started = true;
		this.carrier.begun();
		if (!this.request.body) this.#arm(this.watch.timeouts.responseMs, 'waiting');
	}

	onResponseStart(controller: Controller, status: number, headers: ResponseHeaders): void {
		if (status < 200) return;
		const { timeouts, after } = this.watch;
		const announced = this.request.method === 'HEAD' ? undefined : headerOf(headers, 'content-length');
		this.#body = new ResponseBody(
			{
				pause: () => {
					// A reader that asks for nothing more keeps other requests from their turn.
					this.#startTimer(timeouts.responseMs, 'unread');
					controller.pause();
				},
				resume: () => {
					this.#watchAnswer();
					controller.resume();
				},
				abort: () => controller.abort(abortedError(this.request.call)),
			},
			announced !== undefined && /^\d{1,15}$/.test(announced) ? Number(announced) : undefined,
			{
				start: (tooLate) => after(timeouts.responseMs, tooLate),
				failure: () => timeoutError(this.request.call, this.host, 'receiving', timeouts.responseMs),
			},
		);
		this.#watchAnswer();
		this.#settled = true;
		this.#resolve({ status, headers: headerTexts(headers), body: this.#body });
	}

	onResponseData(_controller: Controller, piece: Buffer): void {
		this.#watchAnswer();
		this.#body?.push(piece);
	}

	onResponseEnd(): void {
		this.#finish();
		// undici frees the connection in the next turn of the event loop. Telling the reader before that would make the request
		// that follows open another connection.
		queueMicrotask(() =>
			setImmediate(() => {
				this.carrier.free();
				this.#body?.end();
			}),
		);
	}

	onResponseError(_controller: unknown, error: unknown): void {
		this.#fail(networkError(error, { call: this.request.call, host: this.host, sent: this.#started }));
		this.carrier.free();
	}

	/** Nothing is left to do. */
	get over(): boolean {
		return this.#over;
	}

	/** Ends the exchange with a failure; the first one counts. */
	#fail(failure: Error): void {
		if (this.#ownFailure) return;
		this.#ownFailure = failure;
		this.#finish();
		this.#body?.fail(failure);
		if (!this.#settled) {
			this.#settled = true;
			this.#reject(failure);
		}
		if (this.#controller) this.#controller.abort(failure);
		else this.carrier.givenUp();
	}

	#finish(): void {
		this.#over = true;
		this.#clearTimer();
		this.request.signal?.removeEventListener('abort', this.#onAbort);
	}

	/** While the request goes out; what is still sent once the answer has begun is not waited for. */
	#arm(milliseconds: number, phase: TimeoutPhase): void {
		if (!this.#body) this.#startTimer(milliseconds, phase);
	}

	#watchAnswer(): void {
		this.#startTimer(this.watch.timeouts.stallMs, 'answering');
	}

	#startTimer(milliseconds: number, phase: TimeoutPhase): void {
		this.#clearTimer();
		if (this.#over) return;
		this.#stopTimer = this.watch.after(milliseconds, () => this.#fail(timeoutError(this.request.call, this.host, phase, milliseconds)));
	}

	#clearTimer(): void {
		this.#stopTimer?.();
		this.#stopTimer = undefined;
	}
}

/** undici gives each byte of a header as one character. What is valid UTF-8 was meant as that, anything else as Latin-1. */
function headerTexts(headers: ResponseHeaders): ResponseHeaders {
	return Object.fromEntries(
		Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.map(headerText) : value && headerText(value)]),
	);
}

function headerText(value: string): string {
	if (!/[\u0080-\u00ff]/.test(value)) return value;
	const bytes = Buffer.from(value, 'latin1');
	return isUtf8(bytes) ? bytes.toString('utf8') : value;
}

/** Buffers at least this big make the socket report back-pressure, so that they are used up when the next one is asked for. */
const SAFE_TO_REUSE_BYTES = 64 * 1024;

/** Far below what makes a socket report back-pressure (16 KiB in Node 20). */
const TAIL_BYTES = 1024;

/** Who is waited for: the source of the content, or the connection. */
interface PieceWatch {
	onReading(): void;
	onSending(): void;
	onSent(): void;
}

/**
 * The pieces of a request body, reporting each step. A small piece may still wait in the socket when the next one is asked
 * for, and its owner may then reuse its memory: small pieces are copied.
 *
 * undici drops the connection when the answer comes before the body has ended, be it by an instant. So the source is done
 * before its last bytes go out (which is why the last piece is copied), and they go out as a piece so small that undici
 * writes it and sees the end in one go, without waiting for the socket in between.
 */
async function* watchedPieces(body: RequestBody, watch: PieceWatch): AsyncGenerator<Uint8Array, void, void> {
	let last: Uint8Array | undefined;
	let bytes = 0;
	watch.onReading();
	for await (const piece of body.pieces) {
		watch.onSending();
		if (last) yield last;
		bytes += piece.length;
		last = bytes >= body.length ? Buffer.from(piece) : undefined;
		if (!last) yield piece.length < SAFE_TO_REUSE_BYTES ? Buffer.from(piece) : piece;
		watch.onReading();
	}
	watch.onSending();
	if (last) {
		const tail = Math.max(0, last.length - TAIL_BYTES);
		if (tail > 0) yield last.subarray(0, tail);
		yield last.subarray(tail);
	}
	watch.onSent();
}

import { createHmac } from 'node:crypto';
import type { Hmac } from 'node:crypto';
import { abortedError, invalidInput } from '../errors';
import type { UploadState } from '../errors';
import type { MeshRuntime } from '../runtime';
import type { ClientSettings } from '../settings';
import { sourcePieces } from '../sources';
import type { MessageSource } from '../sources';
import type { OutgoingMessage } from './headers';

/*
 * What tells a message from others without holding anything of it: digests that are keyed, so that nobody can find out by trying
 * which patient a recipient names, or what a short content says.
 */

type Keys = Pick<ClientSettings, 'mailboxId' | 'sharedKey'>;

/** Digest of whom a message is from, whom it is to and what it is about. */
export function addressDigest({ mailboxId, sharedKey }: Keys, { to, workflowId }: Pick<OutgoingMessage, 'to' | 'workflowId'>): string {
	const address = [mailboxId, to.trim().toUpperCase(), workflowId.trim()];
	return short(createHmac('sha256', sharedKey).update(JSON.stringify(address)));
}

/** 128 bits are more than enough here, and n8n cuts what it keeps of a stopped execution at 512 characters. */
function short(hash: Hmac): string {
	return hash.digest('base64url').slice(0, 22);
}

/** How long a source may take for its next piece, and what ends the waiting. */
interface Patience {
	runtime: Pick<MeshRuntime, 'after'>;
	stallMs: number;
	signal?: AbortSignal;
}

/** Digests a content while it is read to be sent, so that it need not be read again for that. */
export class ContentDigest {
	/** The content, to be read through this digest. */
	readonly source: MessageSource;
	readonly #hash: Hmac;
	/** So many bytes from the start are in the digest. */
	#position = 0;
	#ended = false;

	constructor(
		{ sharedKey }: Pick<Keys, 'sharedKey'>,
		readonly original: MessageSource,
	) {
		this.#hash = createHmac('sha256', sharedKey);
		this.source = { size: original.size, read: (start, end) => this.#watch(start, end) };
	}

	async *#watch(start: number, end: number): AsyncGenerator<Uint8Array, void, void> {
		let at = start;
		for await (const piece of this.original.read(start, end)) {
			this.#add(piece, at);
			at += piece.length;
			yield piece;
		}
	}

	/** Chunks that are sent again are read again: each byte counts once. */
	#add(piece: Uint8Array, at: number): void {
		if (this.#ended || at > this.#position || at + piece.length <= this.#position) return;
		this.#hash.update(piece.subarray(this.#position - at));
		this.#position = at + piece.length;
	}

	/**
	 * As `bytes:digest`: of the whole content, or, when it has to be quick or the rest cannot be read, of what has been read,
	 * which is at least what MESH has. Undefined when nothing has been read.
	 */
	async end(patience: Patience, isHurried: boolean): Promise<string | undefined> {
		if (!isHurried && this.#position < this.original.size) {
			const from = this.#position;
			let at = from;
			try {
				for await (const piece of inTime(sourcePieces(this.original, from, this.original.size), patience)) {
					this.#add(piece, at);
					at += piece.length;
				}
			} catch {
				// What was read has to do.
			}
		}
		this.#ended = true;
		return this.#position === 0 ? undefined : `${this.#position}:${short(this.#hash)}`;
	}
}

/** The pieces, unless one takes too long or the call is aborted: a source can hang, and there is no request that would notice. */
async function* inTime(
	pieces: AsyncGenerator<Uint8Array, void, void>,
	{ runtime, stallMs, signal }: Patience,
): AsyncGenerator<Uint8Array, void, void> {
	for (;;) {
		const { done, value } = await new Promise<IteratorResult<Uint8Array, void>>((resolve, reject) => {
			const onAbort = () => settle(() => reject(abortedError('send the message')));
			const stop = runtime.after(stallMs, () =>
				settle(() =>
					reject(
						invalidInput(
							'source',
							'The content could not be read: nothing came for too long',
							'Check that the file or binary data can be read.',
						),
					),
				),
			);
			const settle = (act: () => void) => {
				stop();
				signal?.removeEventListener('abort', onAbort);
				act();
			};
			signal?.addEventListener('abort', onAbort, { once: true });
			pieces.next().then(
				(result) => settle(() => resolve(result)),
				(error: unknown) => settle(() => reject(error)),
			);
		});
		if (done) return;
		yield value;
	}
}

const HINT = 'Go on with exactly the same content, recipient and workflow ID, or send it anew as another message in a new execution.';

/**
 * Refuses to go on with what was begun with another recipient, workflow ID or content: the recipient would get a mixture of
 * two messages, or somebody else's.
 * @param what completing "The content is not that of ..."
 */
export async function checkSameMessage(
	keys: Keys,
	message: Pick<OutgoingMessage, 'to' | 'workflowId' | 'source'>,
	{ contentDigest: expected, addressDigest: address }: Pick<UploadState, 'contentDigest' | 'addressDigest'>,
	{ what, parameter, ...patience }: { what: string; parameter: string } & Patience,
): Promise<void> {
	const { source } = message;
	const [, length] = /^(\d{1,15}):[\w-]{22}$/.exec(expected ?? '') ?? [];
	if (length === undefined || address === undefined) {
		throw invalidInput(
			parameter,
			`Nothing tells whether this is the message of ${what}: its state has no digest of the content and the recipient`,
			'Use the state exactly as the error gave it. A state without digests cannot be used: find out by tracking what became of the message, and send it anew if need be.',
		);
	}
	if (address !== addressDigest(keys, message)) {
		throw invalidInput(parameter, `The recipient, the workflow ID or the mailbox is not that of ${what}`, HINT);
	}
	const bytes = Number(length);
	if (bytes > source.size || (await digestOfFirst(keys, source, bytes, patience)) !== expected) {
		throw invalidInput(parameter, `The content is not that of ${what}`, HINT);
	}
}

async function digestOfFirst({ sharedKey }: Keys, source: MessageSource, bytes: number, patience: Patience): Promise<string> {
	const hash = createHmac('sha256', sharedKey);
	for await (const piece of inTime(sourcePieces(source, 0, bytes), patience)) hash.update(piece);
	return `${bytes}:${short(hash)}`;
}

/** Where a page ended. */
interface Continuation {
	id: string;
	sequence: number;
}

/** An opaque token for the next page; padded so that it holds `=`, which clients must carry through URLs unharmed. */
export function continuationToken(id: string, sequence: number): string {
	let text = JSON.stringify({ id, sequence });
	while (Buffer.byteLength(text) % 3 !== 1) text += ' ';
	return Buffer.from(text).toString('base64');
}

/** Undefined for a token that was not made here. */
export function readContinuation(token: string): Continuation | undefined {
	try {
		const { id, sequence } = JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as Partial<Continuation>;
		return typeof id === 'string' && typeof sequence === 'number' ? { id, sequence } : undefined;
	} catch {
		return undefined;
	}
}

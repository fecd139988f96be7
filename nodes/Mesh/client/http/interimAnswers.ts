import type { Socket } from 'node:net';

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

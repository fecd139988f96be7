import { notFromMesh } from './answers';
import type { UnfitAnswer } from './answers';
import { invalidInput } from './errors';

/* Message IDs, times and checksums, which come from MESH, from senders or from a caller: what counts as one, and how it is read. */

const MAX_ID = 200;
/** MESH gives at most 5,000 a page. */
const MAX_IDS = 100_000;

/**
 * An identifier that came from the server: opaque, but printable and of sane length. One or two dots alone are a step in the path
 * for URL parsers on the way, encoded or not.
 */
export function isMessageId(value: unknown): value is string {
	return typeof value === 'string' && value.length <= MAX_ID && /^[!-~]+$/.test(value) && !/^\.{1,2}$/.test(value);
}

/**
 * The message IDs of an inbox page, and whether there was something else among them.
 * @throws UnfitAnswer where there is no list, or one without end, or nothing in it is an ID
 */
export function messageIdsOf(answer: Record<string, unknown>): { messageIds: string[]; badIds?: UnfitAnswer } {
	const { messages } = answer;
	const messageIds = Array.isArray(messages) && messages.length <= MAX_IDS ? messages.filter(isMessageId) : undefined;
	const others = Array.isArray(messages) ? messages.length - (messageIds?.length ?? 0) : 0;
	if (messageIds === undefined || (others > 0 && messageIds.length === 0)) throw notFromMesh('it holds no proper list of message IDs');
	return others === 0
		? { messageIds }
		: { messageIds, badIds: notFromMesh(`${others} of the ${others + messageIds.length} entries are no message IDs`) };
}

/** A message ID as given by a caller; spaces around it, as pasted, are dropped. Opaque otherwise. */
export function checkMessageId(messageId: string): string {
	const id = messageId.trim();
	if (id === '') throw invalidInput('messageId', 'The message ID is empty', 'Give the ID of a message.');
	if (!isMessageId(id)) {
		throw invalidInput(
			'messageId',
			'This is not a message ID: it has printable ASCII without spaces only, 200 characters at most',
			'It looks like 20200529155357895317_3573F8.',
		);
	}
	return id;
}

/** MESH reads IDs in either case. An answer about another message would be processed, and acknowledged, as the wrong one. */
export const isSameMessage = (messageId: string, requestedId: string): boolean => messageId.toUpperCase() === requestedId.toUpperCase();

/**
 * A time as MESH writes it: `yyyyMMddHHmmss` (possibly with more digits of the second) or ISO 8601, with or without a zone.
 * Without one it is UTC. `undefined` for anything else.
 */
export function parseMeshTime(value: unknown): Date | undefined {
	if (typeof value !== 'string' || value.length > 40) return undefined;
	const text = value.trim();
	const compact = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(\d{0,9})$/.exec(text);
	if (compact) {
		const [, year, month, day, hour, minute, second, fraction] = compact;
		return strictDate(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`);
	}
	const iso = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9}))?\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(text);
	if (!iso) return undefined;
	const [, date, time, fraction = '', zone = 'Z'] = iso;
	const offset = /^z$/i.test(zone) ? 'Z' : zone.replace(/^([+-]\d{2}):?(\d{2})$/, '$1:$2');
	return strictDate(`${date}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}${offset}`);
}

/** JavaScript reads 31 February as 3 March; such a date is no date here. */
function strictDate(iso: string): Date | undefined {
	const date = new Date(iso);
	if (Number.isNaN(date.getTime())) return undefined;
	const local = new Date(`${iso.slice(0, 19)}Z`);
	return local.toISOString().slice(0, 10) === iso.slice(0, 10) ? date : undefined;
}

/** A checksum whose algorithm could be told. */
export interface KnownChecksum {
	/** As node:crypto names it. */
	algorithm: 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';
	/** Lower-case hex. */
	digest: string;
}

/** Length in hex characters of each digest: senders often leave the algorithm out. */
const ALGORITHM_BY_LENGTH: Readonly<Record<number, KnownChecksum['algorithm']>> = {
	32: 'md5',
	40: 'sha1',
	64: 'sha256',
	96: 'sha384',
	128: 'sha512',
};

/**
 * Reads the forms that senders use: bare hex, or `algorithm:hex` (also with a space or a hyphen in between, and with
 * `SHA-256` for `sha256`). Undefined when the algorithm cannot be told or does not fit the length.
 */
export function readChecksum(text: string): KnownChecksum | undefined {
	const found = /^\s*(?:(md-?5|sha-?(?:1|256|384|512))[:\s-]\s*)?([0-9a-f]+)\s*$/i.exec(text);
	const digest = found?.[2]?.toLowerCase() ?? '';
	const algorithm = ALGORITHM_BY_LENGTH[digest.length];
	const named = found?.[1]?.toLowerCase().replace('-', '');
	if (algorithm === undefined || (named !== undefined && named !== algorithm)) return undefined;
	return { algorithm, digest };
}

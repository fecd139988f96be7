import { unreadable } from '../http/readJson';

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

/** The message IDs of an inbox page. */
export function messageIdsOf(answer: Record<string, unknown>, call: string): string[] {
	const { messages } = answer;
	if (!Array.isArray(messages) || messages.length > MAX_IDS || !messages.every(isMessageId)) {
		throw unreadable(call, 200, 'it holds no proper list of message IDs');
	}
	return messages;
}

import { notFromMesh } from './answers';
import type { UnfitAnswer } from './answers';
import { invalidInput } from './errors';

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

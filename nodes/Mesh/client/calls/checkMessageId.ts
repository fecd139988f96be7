import { invalidInput } from '../errors';
import { isMessageId } from '../inbox/messageIds';

/** A message ID as given by a caller; spaces around it, as pasted, are dropped. Opaque otherwise. */
export function checkMessageId(messageId: string): string {
	const id = messageId.trim();
	if (id === '') throw invalidInput('messageId', 'The message ID is empty', 'Give the ID of a message.');
	if (!isMessageId(id)) {
		throw invalidInput('messageId', 'This is not a message ID: it has printable ASCII without spaces only, 200 characters at most', 'It looks like 20200529155357895317_3573F8.');
	}
	return id;
}

import { addExecutionHintOnce } from '../../transport/executionHint';
import type { OperationCall } from '../operation';

/** MESH answers a look-up of a misspelt code as it answers one of which there is nothing: with an empty list. */
export function hintNoMailbox({ context }: OperationCall, found: readonly unknown[], what: string): void {
	if (found.length === 0) addExecutionHintOnce(context, `No mailbox is registered for ${what}. Upper and lower case matter; mailboxes differ between environments.`);
}

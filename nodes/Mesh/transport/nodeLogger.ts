import type { INode, Logger } from 'n8n-workflow';
import type { MeshLogger } from '../client';

/** Writes records into n8n's log, marked with the node that they come from. */
export function nodeLogger(logger: Logger, { name }: Pick<INode, 'name'>): MeshLogger {
	return markedLogger(logger, name);
}

/** The same for a client: nodes share it, so that its records can only be marked with its mailbox. */
export function mailboxLogger(logger: Logger, mailboxId: string): MeshLogger {
	return markedLogger(logger, `mailbox ${mailboxId}`);
}

function markedLogger(logger: Logger, mark: string): MeshLogger {
	const text = (message: string) => `[NHS MESH: ${mark}] ${message}`;
	return {
		debug: (message, details) => logger.debug(text(message), details),
		info: (message, details) => logger.info(text(message), details),
		warn: (message, details) => logger.warn(text(message), details),
	};
}

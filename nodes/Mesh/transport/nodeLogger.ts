import type { INode, Logger } from 'n8n-workflow';
import type { MeshLogger } from '../client';

/** Writes the client's records into n8n's log, marked with the node that they come from. */
export function nodeLogger(logger: Logger, node: Pick<INode, 'name'>): MeshLogger {
	const text = (message: string) => `[NHS MESH: ${node.name}] ${message}`;
	return {
		debug: (message, details) => logger.debug(text(message), details),
		info: (message, details) => logger.info(text(message), details),
		warn: (message, details) => logger.warn(text(message), details),
	};
}

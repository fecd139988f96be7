import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { addExecutionHint } from './executionHint';

/** From here on, content that n8n holds in memory or in its database is felt. */
const LARGE_BYTES = 64 * 1024 * 1024;

/** Contexts that were warned: one hint for each run of the node is enough. */
const warned = new WeakSet<IExecuteFunctions>();

/** Tells the user when n8n's binary data mode does not fit the size of what was received or is to be sent. */
export function warnAboutStore(context: IExecuteFunctions, stored: IBinaryData, bytes: number, direction: 'received' | 'sent'): void {
	const place = placeOf(stored);
	if (place === undefined || bytes < LARGE_BYTES || warned.has(context)) return;
	warned.add(context);
	const mebibytes = Math.round(bytes / 1024 / 1024);
	const limit = direction === 'received' ? ', and Maximum Size to what n8n can bear' : '';
	const message = `n8n keeps this file of ${mebibytes} MiB in ${place}. For large messages set N8N_DEFAULT_BINARY_DATA_MODE=filesystem${limit}.`;
	context.logger.warn(`[NHS MESH: ${context.getNode().name}] ${message}`);
	addExecutionHint(context, message, 'warning');
}

function placeOf({ id }: IBinaryData): string | undefined {
	if (id === undefined) return 'memory';
	return id.startsWith('database') ? 'its database' : undefined;
}

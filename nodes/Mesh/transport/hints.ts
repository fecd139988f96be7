import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { counted, readableSize } from '../client';
import type { TransferTotals } from '../client';

/** Shows a line in the output pane of the node. Older n8n has no hints: nothing happens there. */
export function addExecutionHint(context: IExecuteFunctions, message: string, type: 'info' | 'warning'): void {
	const { addExecutionHints } = context as Partial<Pick<IExecuteFunctions, 'addExecutionHints'>>;
	addExecutionHints?.call(context, { message, location: 'outputPane', type });
}

/** Texts that a run of a node has shown already. */
const shown = new WeakMap<IExecuteFunctions, Set<string>>();

/** The same, once for each run of the node, however many items say so. */
export function addExecutionHintOnce(context: IExecuteFunctions, message: string, type: 'info' | 'warning' = 'info'): void {
	const texts = shown.get(context) ?? new Set();
	if (texts.has(message)) return;
	shown.set(context, texts.add(message));
	addExecutionHint(context, message, type);
}

/** Below this, and in one chunk each, messages are nothing to tell about. */
const WORTH_TELLING_BYTES = 10_000_000;

/** What has gone over the wire for several messages. */
export type Transfers = TransferTotals & { messages: number };

/** Adds one message. */
export function withTransfer(soFar: Transfers | undefined, { bytes, transmittedBytes, chunkCount }: TransferTotals): Transfers {
	return {
		messages: (soFar?.messages ?? 0) + 1,
		bytes: bytes + (soFar?.bytes ?? 0),
		transmittedBytes: transmittedBytes + (soFar?.transmittedBytes ?? 0),
		chunkCount: chunkCount + (soFar?.chunkCount ?? 0),
	};
}

/** Says in one line beside the output how much was transferred, if it was much. */
export function hintTransfers(context: IExecuteFunctions, verb: 'Sent' | 'Received', all: Transfers | undefined): void {
	if (all === undefined || (all.chunkCount <= all.messages && all.bytes < WORTH_TELLING_BYTES)) return;
	addExecutionHint(context, transferText(verb, all), 'info');
}

/** Such as `Sent 2 messages in 12 chunks: 231 MB, compressed to 60 MB`. */
export function transferText(verb: string, { messages, bytes, transmittedBytes, chunkCount }: Transfers): string {
	const what = `${verb} ${counted(messages, 'message')} in ${counted(chunkCount, 'chunk')}: ${readableSize(bytes)}`;
	return transmittedBytes < bytes ? `${what}, compressed to ${readableSize(transmittedBytes)}` : what;
}

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

/** What has gone over the wire in runs of nodes that are under way. */
const underWay = new WeakMap<IExecuteFunctions, Transfers>();

/** The part of an operation's call for one item that tells of its transfer. */
interface TransferringCall {
	context: IExecuteFunctions;
	afterAllItems(task: () => Promise<void>): void;
}

/** Has the run say in one line, when all items are through, how much was transferred, if it was much. */
export function noteTransfer({ context, afterAllItems }: TransferringCall, verb: 'Sent' | 'Received', totals: TransferTotals): void {
	const soFar = underWay.get(context);
	underWay.set(context, withTransfer(soFar, totals));
	if (soFar !== undefined) return;
	afterAllItems(async () => {
		hintTransfers(context, verb, underWay.get(context));
		underWay.delete(context);
	});
}

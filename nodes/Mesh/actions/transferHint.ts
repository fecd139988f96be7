import type { IExecuteFunctions } from 'n8n-workflow';
import { counted, readableSize, type TransferTotals } from '../client';
import { addExecutionHint } from '../transport/executionHint';
import type { ItemCall } from './operation';

/** Below this, and in one chunk, a message is nothing to tell about. */
const WORTH_TELLING_BYTES = 10_000_000;

type Transfers = TransferTotals & { messages: number };

/** What has gone over the wire in runs of nodes that are under way. */
const underWay = new WeakMap<IExecuteFunctions, Transfers>();

/** Has the run say in one line, when all items are through, how much was transferred, if it was much. */
export function noteTransfer({ context, afterAllItems }: ItemCall, verb: 'Sent' | 'Received', { bytes, transmittedBytes, chunkCount }: TransferTotals): void {
	const soFar = underWay.get(context);
	const { messages = 0 } = soFar ?? {};
	underWay.set(context, {
		messages: messages + 1,
		bytes: bytes + (soFar?.bytes ?? 0),
		transmittedBytes: transmittedBytes + (soFar?.transmittedBytes ?? 0),
		chunkCount: chunkCount + (soFar?.chunkCount ?? 0),
	});
	if (soFar !== undefined) return;
	afterAllItems(async () => {
		const all = underWay.get(context);
		underWay.delete(context);
		if (all !== undefined && (all.chunkCount > all.messages || all.bytes >= WORTH_TELLING_BYTES)) addExecutionHint(context, transferText(verb, all), 'info');
	});
}

/** Such as `Sent 2 messages in 12 chunks: 231 MB, compressed to 60 MB`. */
export function transferText(verb: string, { messages, bytes, transmittedBytes, chunkCount }: Transfers): string {
	const what = `${verb} ${counted(messages, 'message')} in ${counted(chunkCount, 'chunk')}: ${readableSize(bytes)}`;
	return transmittedBytes < bytes ? `${what}, compressed to ${readableSize(transmittedBytes)}` : what;
}

import type { IExecuteFunctions } from 'n8n-workflow';
import { counted, readableSize, type TransferTotals } from '../client';
import { addExecutionHint } from './executionHint';

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

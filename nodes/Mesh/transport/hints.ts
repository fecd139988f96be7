import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';
import { counted, readableSize } from '../client';
import type { TransferTotals } from '../client';

/** Below this, and in one chunk each, messages are nothing to tell about. */
const WORTH_TELLING_BYTES = 10_000_000;

/** What has gone over the wire for several messages. */
type Transfers = TransferTotals & { messages: number };

/** From here on, content that n8n holds in memory or in its database is felt. */
const LARGE_BYTES = 64 * 1024 * 1024;

/** What one run of a node tells beside its output: each thing once, however many items say so. */
export class RunHints {
	readonly #shown = new Set<string>();
	#transfers: Transfers | undefined;
	#hasWarnedAboutStore = false;

	constructor(private readonly context: IExecuteFunctions) {}

	/** Shows a line in the output pane. Older n8n has no hints: nothing happens there. */
	show(message: string, type: 'info' | 'warning' = 'info'): void {
		if (this.#shown.has(message)) return;
		this.#shown.add(message);
		const { addExecutionHints } = this.context as Partial<Pick<IExecuteFunctions, 'addExecutionHints'>>;
		addExecutionHints?.call(this.context, { message, location: 'outputPane', type });
	}

	/** Tells when n8n's binary data mode does not fit the size of what was received or is to be sent. */
	warnAboutStore(stored: IBinaryData, bytes: number, direction: 'received' | 'sent'): void {
		const place = placeOf(stored);
		if (place === undefined || bytes < LARGE_BYTES || this.#hasWarnedAboutStore) return;
		this.#hasWarnedAboutStore = true;
		const mebibytes = Math.round(bytes / 1024 / 1024);
		const limit = direction === 'received' ? ', and Maximum Size to what n8n can bear' : '';
		const message = `n8n keeps this file of ${mebibytes} MiB in ${place}. For large messages set N8N_DEFAULT_BINARY_DATA_MODE=filesystem${limit}.`;
		this.context.logger.warn(`[NHS MESH: ${this.context.getNode().name}] ${message}`);
		this.show(message, 'warning');
	}

	/** Counts what has gone over the wire for one message. */
	addTransfer({ bytes, transmittedBytes, chunkCount }: TransferTotals): void {
		const { messages = 0, ...soFar } = this.#transfers ?? { bytes: 0, transmittedBytes: 0, chunkCount: 0 };
		this.#transfers = {
			messages: messages + 1,
			bytes: bytes + soFar.bytes,
			transmittedBytes: transmittedBytes + soFar.transmittedBytes,
			chunkCount: chunkCount + soFar.chunkCount,
		};
	}

	/** Says in one line how much was transferred, if it was much: to be called when all items are through. */
	showTransfers(verb: 'Sent' | 'Received'): void {
		const all = this.#transfers;
		if (all === undefined || (all.chunkCount <= all.messages && all.bytes < WORTH_TELLING_BYTES)) return;
		this.show(transferText(verb, all));
	}
}

/** Such as `Sent 2 messages in 12 chunks: 231 MB, compressed to 60 MB`. */
export function transferText(verb: string, { messages, bytes, transmittedBytes, chunkCount }: Transfers): string {
	const what = `${verb} ${counted(messages, 'message')} in ${counted(chunkCount, 'chunk')}: ${readableSize(bytes)}`;
	return transmittedBytes < bytes ? `${what}, compressed to ${readableSize(transmittedBytes)}` : what;
}

function placeOf({ id }: IBinaryData): string | undefined {
	if (id === undefined) return 'memory';
	return id.startsWith('database') ? 'its database' : undefined;
}

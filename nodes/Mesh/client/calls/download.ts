import type { MeshConnection } from '../connection';
import { DOWNLOAD_CALL, integrityError, requestChunk } from '../download/chunkResponse';
import type { ChunkResponse } from '../download/chunkResponse';
import { LimitChecks } from '../download/limits';
import { MessageBody } from '../download/messageBody';
import { messageContent } from '../download/messageContent';
import { abortedError, throwIfAborted } from '../failures/aborted';
import { CONNECTIONS } from '../http/connections';
import { checkSameMessage } from '../headers/checkSameMessage';
import { parseMessageHeaders } from '../headers/parseMessageHeaders';
import { TransferLog } from '../transferLog';
import type { DownloadOptions, IncomingMessage, MessageHeaders, TransferTotals } from '../types';
import { checkMessageId } from './checkMessageId';

const DEFAULT_READ_AHEAD = 1;

/** Downloads a message (MESH API, download message): its headers now, its content as a stream. */
export async function download(
	connection: MeshConnection,
	messageId: string,
	options: DownloadOptions = {},
): Promise<IncomingMessage> {
	const { signal } = options;
	const id = checkMessageId(messageId);
	throwIfAborted(DOWNLOAD_CALL, signal);
	const startedAt = connection.runtime.now();
	// Ends the requests of this download; the caller's signal works through it.
	const stop = new AbortController();
	const onAbort = () => stop.abort();
	signal?.addEventListener('abort', onAbort, { once: true });
	const first = await requestChunk(connection, id, 1, stop.signal).finally(() => signal?.removeEventListener('abort', onAbort));
	let opened: IncomingMessage | undefined;
	try {
		return (opened = open(connection, id, first, { ...options, startedAt }, stop));
	} finally {
		if (!opened) first.body.discard();
	}
}

function open(
	connection: MeshConnection,
	messageId: string,
	first: ChunkResponse,
	options: DownloadOptions & { startedAt: number },
	stop: AbortController,
): IncomingMessage {
	const { signal, onChunk, readAhead = DEFAULT_READ_AHEAD } = options;
	if (signal?.aborted) throw abortedError(DOWNLOAD_CALL);
	const headers = checkSameMessage(parseMessageHeaders(first.headers, messageId, connection.settings.redact), messageId, DOWNLOAD_CALL);
	checkFirstChunk(first, headers);
	const limits = new LimitChecks(messageId, options.limits);
	limits.chunkCount(headers.chunkCount);
	const size = headers.chunkCount === 1 && !first.gzipped ? first.announcedBytes : undefined;
	if (size !== undefined) limits.bytes(size);

	const totals: TransferTotals = { bytes: 0, transmittedBytes: 0, chunkCount: 0 };
	const isReport = headers.messageType === 'REPORT';
	const log = new TransferLog(connection, { verb: 'received', chunkCount: headers.chunkCount, size }, messageId, options.startedAt);
	if (isReport) {
		first.body.discard();
		connection.logger.info(`Report ${messageId} received`, { messageId });
	}
	const pieces =
		isReport
			? noContent()
			: messageContent({ connection, messageId, chunkCount: headers.chunkCount, first, limits, readAhead: Math.min(readAhead, CONNECTIONS), signal: stop.signal, onChunk, log, totals });
	const body = new MessageBody(pieces, stop, signal);
	const message: IncomingMessage = {
		headers,
		body,
		...(size === undefined ? {} : { size }),
		async discard() {
			if (body.closed) return;
			// Not events.once, which fails when a reader that has had enough ends the body with an error at this moment.
			const closed = new Promise<void>((resolve) => body.once('close', resolve));
			body.destroy();
			await closed;
		},
	};
	body.once('end', () => {
		message.received = totals;
		if (!isReport) log.done(totals);
	});
	return message;
}

/** A report is its headers: it has no content, whatever body it may have. */
async function* noContent(): AsyncGenerator<Buffer, void, void> {
	yield* [];
}

/** The first chunk says how many there are; content that would be missed must not pass for complete. */
function checkFirstChunk({ range, status }: ChunkResponse, { messageId, messageType }: MessageHeaders): void {
	if (messageType === 'REPORT') return;
	if (!range && status === 206) throw integrityError(messageId, 'it has more chunks, but MESH did not say how many');
	if (range && range.total <= 1 && status === 206) throw integrityError(messageId, 'MESH says that more chunks follow, and that there are none');
	if (range && range.chunk !== 1) throw integrityError(messageId, `chunk ${range.chunk} came instead of the first`);
}

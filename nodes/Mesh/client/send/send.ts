import { invalidInput, throwIfAborted } from '../errors';
import type { MeshConnection } from '../exchange';
import { patientDetailsIn, redactorOf } from '../redaction';
import { TransferLog } from '../transferLog';
import type { TransferTotals } from '../transferLog';
import { gzippedChunks, plainChunks } from './chunkBodies';
import { checkSize, chunkBounds, continuedPlan, planChunks } from './chunkPlan';
import type { ChunkPlan, SendOptions } from './chunkPlan';
import { SEND_CALL, sendFirstChunk } from './firstChunk';
import { shouldCompress } from './gzip';
import { buildSendHeaders } from './headers';
import type { OutgoingMessage } from './headers';
import { sendLaterChunk } from './laterChunk';
import type { Upload } from './upload';

export interface SentMessage extends TransferTotals {
	messageId: string;
	localId: string;
	compressed: boolean;
	chunkSize: number;
	/** True when an ambiguous failure was settled by tracking. */
	settledByTracking: boolean;
}

/** gzip's own default: level 9 takes longer for half a per cent, level 1 makes CSV a seventh to a quarter larger. */
const DEFAULT_LEVEL = 6;

/**
 * Sends a message, or goes on with one (MESH API, send message and chunked sending). Everything that can be checked is
 * checked before the first request.
 */
export async function send(connection: MeshConnection, message: OutgoingMessage, options: SendOptions = {}): Promise<SentMessage> {
	const { signal, continueFrom } = options;
	throwIfAborted(SEND_CALL, signal);
	const upload = await prepare(hidingPatient(connection, message.to), message, options);
	const { plan, bodies, totals, log } = upload;
	try {
		const begun = continueFrom
			? { messageId: continueFrom.messageId, settledByTracking: false, complete: false }
			: await sendFirstChunk(upload, options);
		const { messageId } = begun;
		let { settledByTracking, complete } = begun;
		for (let chunk = continueFrom?.nextChunk ?? 2; chunk <= plan.chunkCount && !complete; chunk++) {
			complete = (await sendLaterChunk(upload, messageId, chunk)) === 'already';
			settledByTracking ||= complete;
		}
		log.done(totals);
		return {
			messageId,
			localId: upload.localId,
			compressed: plan.compressed,
			chunkSize: plan.chunkSize,
			settledByTracking,
			bytes: plan.size,
			transmittedBytes: totals.transmittedBytes,
			chunkCount: plan.chunkCount,
		};
	} finally {
		await bodies.close();
	}
}

/** What MESH says about a message, in errors and in tracking, may name the patient that it is addressed to. */
function hidingPatient(connection: MeshConnection, to: string): MeshConnection {
	const { settings } = connection;
	const hidden = redactorOf(patientDetailsIn(to));
	return { ...connection, settings: { ...settings, redact: (text) => hidden(settings.redact(text)) } };
}

async function prepare(connection: MeshConnection, message: OutgoingMessage, options: SendOptions): Promise<Upload> {
	const { source } = message;
	const { signal, continueFrom, onChunk } = options;
	const startedAt = connection.runtime.now();
	checkSize(source.size);
	const level = checkLevel(options.compressionLevel);
	const given = message.localId?.trim() || continueFrom?.localId || undefined;
	const localId = given ?? (continueFrom ? '' : connection.runtime.uuid());
	const headers = buildSendHeaders({ ...message, localId });
	const plan = continueFrom ? continuedPlan(source.size, continueFrom) : await newPlan(message, options);
	const doneBefore = continueFrom && chunkBounds(plan, continueFrom.nextChunk).start / plan.size;
	const bodies = plan.compressed ? gzippedChunks(source, plan, { level, call: SEND_CALL, signal }) : plainChunks(source, plan);
	return {
		connection,
		log: new TransferLog(connection, { verb: 'sent', chunkCount: plan.chunkCount, size: plan.size, doneBefore }, continueFrom?.messageId, startedAt),
		plan,
		bodies,
		localId,
		ownLocalId: given === undefined,
		headers,
		continued: continueFrom !== undefined,
		signal,
		onChunk,
		totals: { bytes: 0, transmittedBytes: 0, chunkCount: 0 },
	};
}

async function newPlan(message: OutgoingMessage, { chunkSize, compression }: SendOptions): Promise<ChunkPlan> {
	planChunks(message.source.size, false, { chunkSize }); // refuses before anything is read
	return planChunks(message.source.size, await shouldCompress(message, compression), { chunkSize });
}

function checkLevel(level: number = DEFAULT_LEVEL): number {
	if (Number.isInteger(level) && level >= 1 && level <= 9) return level;
	throw invalidInput('compressionLevel', 'The compression level must be a whole number from 1 to 9', '6 suits most.');
}

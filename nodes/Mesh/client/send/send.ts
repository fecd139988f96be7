import { MeshError, invalidInput, isMeshError, throwIfAborted, withDetails, withMissing } from '../errors';
import type { UnsettledSend } from '../errors';
import type { MeshConnection } from '../exchange';
import { patientDetailsIn, redactedError, redactedLogger, redactorOf } from '../redaction';
import type { Redact } from '../redaction';
import { TransferLog } from '../transferLog';
import type { TransferTotals } from '../transferLog';
import { gzippedChunks, plainChunks } from './upload';
import { checkSize, chunkBounds, continuedPlan, planChunks } from './chunkPlan';
import type { ChunkPlan, SendOptions } from './chunkPlan';
import { claims } from './claims';
import { couldBe } from './doubt';
import { SEND_CALL, sendFirstChunk } from './firstChunk';
import { shouldCompress } from './gzip';
import { buildSendHeaders } from './headers';
import type { OutgoingMessage } from './headers';
import { sendLaterChunk } from './laterChunk';
import { ContentDigest, addressDigest, checkSameMessage } from './sameMessage';
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
	const hiding = hidingPatient(connection, message.to);
	try {
		return await sendHiding(hiding, message, options);
	} catch (failure) {
		throw isMeshError(failure) ? redactedError(failure, hiding.settings.redact) : failure;
	}
}

async function sendHiding(connection: MeshConnection, message: OutgoingMessage, options: SendOptions): Promise<SentMessage> {
	const { signal, continueFrom } = options;
	throwIfAborted(SEND_CALL, signal);
	await checkEarlierTry(connection, message, options);
	const upload = await prepare(connection, message, options).catch((failure: unknown) => {
		throw named(failure, message.localId?.trim());
	});
	const { plan, bodies, totals, log } = upload;
	// No other send may take it for its own.
	if (continueFrom) claims.take(upload.claimant, continueFrom.messageId);
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
	} catch (failure) {
		await bodies.close(); // the source is read by one reader at a time
		throw named(await withContentDigest(upload, options, failure), upload.localId);
	} finally {
		await bodies.close();
	}
}

/** Where the failure itself does not know of which message it is. */
function named(failure: unknown, localId: string | undefined): unknown {
	return isMeshError(failure) && localId ? withMissing(failure, { localId }) : failure;
}

/** What an earlier try has begun is gone on with only when the message is the same. */
async function checkEarlierTry(
	{ settings, runtime }: MeshConnection,
	message: OutgoingMessage,
	{ continueFrom, unsettled, signal }: SendOptions,
): Promise<void> {
	const patience = { runtime, signal, stallMs: settings.timeouts.stallMs };
	if (continueFrom) {
		continuedPlan(message.source.size, continueFrom);
		await checkSameMessage(settings, message, continueFrom, { what: 'the interrupted upload', parameter: 'continueFrom', ...patience });
	} else if (unsettled) {
		await checkSameMessage(settings, message, unsettled, { what: 'the first try', parameter: 'source', ...patience }).catch(
			(refusal: unknown) => {
				throw isMeshError(refusal) && refusal.code !== 'MESH_ABORTED' ? stillUnknown(refusal, unsettled) : refusal;
			},
		);
	}
}

/** The first try stays in doubt, and this one cannot settle it. */
function stillUnknown(refusal: MeshError, unsettled: UnsettledSend): MeshError {
	const { localId } = unsettled;
	return new MeshError(
		`It is not known whether MESH has the message with local ID ${localId}, and it cannot be looked for: ${refusal.message}`,
		{
			code: 'MESH_SEND_OUTCOME_UNKNOWN',
			call: SEND_CALL,
			localId,
			networkCode: refusal.networkCode,
			ambiguous: true,
			temporary: false,
			unsettled,
			hint: `Track the message by its local ID ${localId} before sending it again: sending again could deliver it twice. If the content comes from an expression such as $now, make it in a node before this one, so that each try has the same.`,
		},
	);
}

/** The failure, with what shows the next try whether it has the same content. */
async function withContentDigest(
	{ connection: { settings, runtime }, content, signal }: Upload,
	options: SendOptions,
	failure: unknown,
): Promise<unknown> {
	if (!isMeshError(failure)) return failure;
	const { upload, unsettled } = failure;
	if (!upload && !unsettled) return failure;
	const known = options.continueFrom?.contentDigest ?? options.unsettled?.contentDigest;
	const contentDigest = known ?? (await content.end({ runtime, signal, stallMs: settings.timeouts.stallMs }, signal?.aborted === true));
	return withDetails(failure, { upload: upload && { ...upload, contentDigest }, unsettled: unsettled && { ...unsettled, contentDigest } });
}

/** What MESH says about a message, in errors and in tracking, may name the patient that it is addressed to. */
function hidingPatient(connection: MeshConnection, to: string): MeshConnection {
	const { settings, logger } = connection;
	const hidden = redactorOf(patientDetailsIn(to));
	const redact: Redact = (text) => hidden(settings.redact(text));
	return { ...connection, settings: { ...settings, redact }, logger: redactedLogger(logger, redact) };
}

async function prepare(connection: MeshConnection, message: OutgoingMessage, options: SendOptions): Promise<Upload> {
	const { source } = message;
	const { signal, continueFrom, onChunk } = options;
	const begunAt = connection.runtime.now();
	checkSize(source.size);
	const level = checkLevel(options.compressionLevel);
	const earlier = continueFrom ?? options.unsettled;
	const given = earlier?.localId || message.localId?.trim() || undefined;
	const localId = given ?? (continueFrom ? '' : connection.runtime.uuid());
	const { origin, mailboxId } = connection.settings;
	const sizes = [source.size];
	const headers = { 'mex-from': mailboxId, ...buildSendHeaders({ ...message, localId }) };
	const plan = continueFrom ? continuedPlan(source.size, continueFrom) : await newPlan(message, options);
	const doneBefore = continueFrom && chunkBounds(plan, continueFrom.nextChunk).start / plan.size;
	const content = new ContentDigest(connection.settings, source);
	const bodies = plan.compressed
		? gzippedChunks(content.source, plan, { level, call: SEND_CALL, signal })
		: plainChunks(content.source, plan);
	return {
		connection,
		log: new TransferLog(
			connection,
			{ verb: 'sent', chunkCount: plan.chunkCount, size: plan.size, doneBefore },
			continueFrom?.messageId,
			begunAt,
		),
		plan,
		content,
		bodies,
		localId,
		ownLocalId: options.unsettled?.ownLocalId ?? given === undefined,
		headers,
		claimant: {
			sendId: options.unsettled?.sendId ?? connection.runtime.uuid(),
			mailbox: `${origin} ${mailboxId}`,
			localId,
			couldBe: (found) => couldBe(found, headers, sizes),
		},
		sizes,
		startedAt: options.unsettled?.since ?? begunAt,
		addressDigest: addressDigest(connection.settings, message),
		isOtherMessage: (messageId) => options.isOtherMessage?.(messageId) ?? false,
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

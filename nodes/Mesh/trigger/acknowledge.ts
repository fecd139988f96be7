import type { IPollFunctions } from 'n8n-workflow';
import { CONNECTIONS, isMeshError, runtime } from '../client';
import type { MeshClient } from '../client';
import { noteAcknowledged, noteRefusal, toAcknowledge } from './deliveries';
import type { Ledger } from './ledger';
import { withinTime } from './time';
import type { TimeLimit } from './time';

/**
 * Sends the acknowledgements that are owed and not under way, all or those of the given messages. What fails stays owed, is sent again at the next poll, and
 * marks the ledger as troubled, so that messages do not go on piling up which MESH would list again.
 */
export async function acknowledgeOwed(
	context: IPollFunctions,
	ledger: Ledger,
	client: MeshClient,
	{ togetherMs, signal, ...rest }: AcknowledgeLimit = {},
	only?: ReadonlySet<string>,
): Promise<void> {
	const over = new AbortController();
	const stopTimer = togetherMs === undefined ? undefined : runtime.after(togetherMs, () => over.abort());
	const limit: TimeLimit = { ...rest, signal: AbortSignal.any([over.signal, ...(signal === undefined ? [] : [signal])]) };
	const owed = toAcknowledge(ledger.deliveries, runtime.steadyNow()).filter(
		(id) => !ledger.acknowledging.has(id) && (only === undefined || only.has(id)),
	);
	for (const id of owed) ledger.acknowledging.add(id);
	const next = owed.values();
	const work = async () => {
		for (const messageId of next) {
			if (over.signal.aborted) ledger.acknowledging.delete(messageId);
			else await acknowledgeOne(context, ledger, client, messageId, limit);
		}
	};
	await Promise.all(Array.from({ length: Math.min(CONNECTIONS, owed.length) }, work));
	stopTimer?.();
}

interface AcknowledgeLimit extends TimeLimit {
	/** How long all of them may take together; what has not been sent by then stays owed. */
	togetherMs?: number;
}

async function acknowledgeOne(
	context: IPollFunctions,
	ledger: Ledger,
	client: MeshClient,
	messageId: string,
	limit: TimeLimit,
): Promise<void> {
	try {
		await withinTime(limit, 'acknowledge a message', async (signal) => await client.acknowledge(messageId, { signal }));
		ledger.deliveries = noteAcknowledged(ledger.deliveries, messageId);
	} catch (error) {
		if (isGone(error)) ledger.deliveries = noteAcknowledged(ledger.deliveries, messageId);
		else noteFailedAcknowledgement(context, ledger, messageId, error);
	} finally {
		ledger.acknowledging.delete(messageId);
		ledger.touch();
	}
}

function noteFailedAcknowledgement(context: IPollFunctions, ledger: Ledger, messageId: string, error: unknown): void {
	const isPassing = !isMeshError(error) || error.temporary === true || error.code === 'MESH_ABORTED';
	ledger.deliveries = noteRefusal(ledger.deliveries, messageId, isPassing ? undefined : runtime.steadyNow());
	if (isPassing) ledger.trouble ??= { kind: 'acknowledgement', error };
	else ledger.refusal = error;
	const reason = isMeshError(error) ? error.message : 'unexpected failure';
	context.logger.warn(
		`[NHS MESH: ${context.getNode().name}] Message ${messageId} was delivered but not acknowledged; the next poll tries again: ${reason}`,
		{ messageId },
	);
}

/** MESH no longer has the message: acknowledged elsewhere, or expired. */
export function isGone(error: unknown): boolean {
	return isMeshError(error) && error.code === 'MESH_STATUS' && (error.httpStatus === 404 || error.httpStatus === 410);
}

import { MeshError, type OutgoingMessage, type SendOptions, type SentMessage } from '../../../client';
import type { OperationCall } from '../../operation';

/**
 * A try of this item ended without anybody knowing whether MESH has the message. Asks tracking before anything is sent again.
 * @returns what MESH has; undefined when it has nothing and the user allowed to send again
 * @throws MeshError MESH_SEND_OUTCOME_UNKNOWN when it is still not known
 */
export async function settleUnknown(
	{ client, signal }: OperationCall,
	message: OutgoingMessage,
	{ sendAgainWhenNoRecord }: SendOptions,
	localId: string,
): Promise<(Partial<SentMessage> & Pick<SentMessage, 'messageId' | 'localId'>) | undefined> {
	const tracking = await client.trackByLocalId(localId, { signal });
	if (tracking.outcome === 'found' && tracking.record.status !== 'uploading') {
		return { messageId: tracking.record.messageId, localId, bytes: message.source.size, settledByTracking: true };
	}
	if (tracking.outcome === 'none' && sendAgainWhenNoRecord === true) return undefined;
	throw new MeshError('It is still not known whether MESH has the message of an earlier try', {
		code: 'MESH_SEND_OUTCOME_UNKNOWN',
		call: 'send message',
		localId,
		messageId: tracking.outcome === 'found' ? tracking.record.messageId : undefined,
		temporary: false,
		ambiguous: true,
		hint: `It was not sent again. Track the message later by its local ID ${localId}, or ask the recipient. If it has not arrived, send it in a new execution.`,
	});
}

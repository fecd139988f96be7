import { MeshError } from '../errors';
import type { SettledOutcome } from './settleOutcome';
import type { Upload } from './upload';

type Unsettled = Exclude<SettledOutcome['outcome'], 'found' | 'failed'>;

const WHY: Readonly<Record<Unsettled, string>> = {
	none: 'MESH has no record of it yet',
	several: 'MESH has several messages with its local ID',
	older: 'MESH has only an older message with its local ID',
	unfinished: 'MESH shows it as still being uploaded',
	unreachable: 'tracking could not be asked',
};

/** MESH may have the message, and tracking could not tell: somebody has to find out before it is sent again. */
export function outcomeUnknown({ localId, call }: Pick<Upload, 'localId'> & { call: string }, cause: MeshError | undefined, why: Unsettled): MeshError {
	const isAmongOthers = why === 'several' || why === 'older';
	return new MeshError(`It is not known whether MESH has the message with local ID ${localId}: there was no clear answer, and ${WHY[why]}`, {
		code: 'MESH_SEND_OUTCOME_UNKNOWN',
		call,
		localId,
		httpStatus: cause?.httpStatus,
		networkCode: cause?.networkCode,
		meshText: cause?.meshText,
		ambiguous: true,
		temporary: false,
		hint:
			`Track the message by its local ID ${localId} before sending it again, or ask the recipient. Sending again could deliver it twice. ` +
			(isAmongOthers ? 'Use a local ID that is unique to each message.' : 'A unique local ID for each message makes this check reliable.'),
	});
}

/** Cancelled when a request of the message was on its way: the same doubt, for somebody who may start it anew. */
export function cancelledInDoubt({ localId }: Pick<Upload, 'localId'>, cancelled: MeshError): MeshError {
	return Object.assign(cancelled, {
		localId,
		ambiguous: true,
		hint: `MESH may have taken the message. Track it by its local ID ${localId} before sending it again: sending again could deliver it twice.`,
	});
}

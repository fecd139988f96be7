import type { TrackingRecord } from '../types';
import type { Upload } from './upload';

/** MESH gives the time of an upload in whole seconds. */
const ROUNDING_MS = 2_000;

/**
 * Whether a record with our local ID is of the message just sent. With a GUID of ours there is no doubt; a local ID given by
 * the caller may have been used before, and an older message must not pass for this one, which would then be lost.
 */
export function isFromThisSend(record: TrackingRecord, { ownLocalId, headers }: Pick<Upload, 'ownLocalId' | 'headers'>, startedAt: number): boolean {
	if (ownLocalId) return true;
	if (record.workflowId !== undefined && record.workflowId !== headers['mex-workflowid']) return false;
	if (record.uploadTimestamp === undefined) return false;
	return record.uploadTimestamp.getTime() >= startedAt - ROUNDING_MS;
}

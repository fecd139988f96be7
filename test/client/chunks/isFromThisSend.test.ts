import { isFromThisSend } from '../../../nodes/Mesh/client/send/doubt';
import type { TrackingRecord } from '../../../nodes/Mesh/client';

const startedAt = Date.UTC(2026, 0, 5, 12);
const given = { ownLocalId: false, headers: { 'mex-workflowid': 'WF' } };
const record = (changes: Partial<TrackingRecord>): TrackingRecord => ({ messageId: 'ID1', status: 'accepted', workflowId: 'WF', ...changes });

describe('a record found by local ID', () => {
	test('is ours without doubt when the local ID is a GUID made for this send', () => {
		expect(isFromThisSend(record({}), { ...given, ownLocalId: true }, startedAt)).toBe(true);
	});

	test('is ours when it was uploaded since the send began, give or take the second that MESH rounds to', () => {
		expect(isFromThisSend(record({ uploadTimestamp: new Date(startedAt - 1_000) }), given, startedAt)).toBe(true);
		expect(isFromThisSend(record({ uploadTimestamp: new Date(startedAt + 9_000) }), given, startedAt)).toBe(true);
	});

	test('is an older message when it was uploaded before: taking it for ours would lose ours', () => {
		expect(isFromThisSend(record({ uploadTimestamp: new Date(startedAt - 60_000) }), given, startedAt)).toBe(false);
	});

	test('is not trusted without a time, or with another workflow', () => {
		expect(isFromThisSend(record({}), given, startedAt)).toBe(false);
		expect(isFromThisSend(record({ uploadTimestamp: new Date(startedAt), workflowId: 'OTHER' }), given, startedAt)).toBe(false);
	});
});

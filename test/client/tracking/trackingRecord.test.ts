import fc from 'fast-check';
import { isMeshError } from '../../../nodes/Mesh/client';
import { parseTrackingRecord } from '../../../nodes/Mesh/client/tracking';
import { cases } from '../../support/cases';

const uploadTimestamp = new Date('2026-11-22T07:18:47.000Z');
const expected = {
	messageId: 'ID1',
	status: 'accepted',
	localId: 'L',
	workflowId: 'WF',
	fileName: 'f.dat',
	recipient: 'X26ABC2',
	recipientName: 'Two',
	recipientOdsCode: 'X26',
	recipientOrganisationCode: 'X26',
	recipientOrganisationName: 'Trust',
	uploadTimestamp,
	statusSuccess: true,
};

test('both versions of the API give the same record', () => {
	expect(
		parseTrackingRecord({
			message_id: 'ID1',
			status: 'accepted',
			local_id: 'L',
			workflow_id: 'WF',
			filename: 'f.dat',
			recipient: 'X26ABC2',
			recipient_name: 'Two',
			recipient_ods_code: 'X26',
			recipient_org_code: 'X26',
			recipient_org_name: 'Trust',
			upload_timestamp: '2026-11-22T07:18:47',
			status_success: true,
		}),
	).toEqual(expected);
	expect(
		parseTrackingRecord({
			messageId: 'ID1',
			dtsId: 'ID1',
			status: 'Accepted',
			localId: 'L',
			workflowId: 'WF',
			fileName: 'f.dat',
			recipient: 'X26ABC2',
			recipientName: 'Two',
			meshRecipientOdsCode: 'X26',
			recipientOrgCode: 'X26',
			recipientOrgName: 'Trust',
			uploadTimestamp: '20261122071847',
			statusSuccess: 'SUCCESS',
			statusCode: null,
			downloadTimestamp: '',
			fileSize: 5,
		}),
	).toEqual(expected);
});

test('a failure carries its code, event and text', () => {
	expect(
		parseTrackingRecord({
			messageId: 'ID1',
			status: 'Error',
			statusSuccess: 'ERROR',
			statusCode: '14',
			statusEvent: 'SEND',
			failureDiagnostic: 'gone',
			failureDate: '20261122071847',
		}),
	).toEqual({
		messageId: 'ID1',
		status: 'error',
		statusSuccess: false,
		statusCode: '14',
		statusEvent: 'SEND',
		statusDescription: 'gone',
		statusTimestamp: uploadTimestamp,
	});
});

test('any answer gives a bounded record or a MESH_PROTOCOL error', () => {
	const key = fc.constantFrom(
		'message_id',
		'messageId',
		'dtsId',
		'status',
		'local_id',
		'upload_timestamp',
		'status_success',
		'statusSuccess',
		'__proto__',
		'recipient',
	);
	const value = fc.oneof(fc.jsonValue(), fc.constantFrom('accepted', 'SUCCESS', '20261122071847', 'x'.repeat(9_000)));
	fc.assert(
		fc.property(fc.dictionary(key, value), (answer) => {
			try {
				const record = parseTrackingRecord(answer as Record<string, unknown>);
				return Object.values(record).every((entry) => typeof entry !== 'string' || entry.length <= 2_000) && record.messageId !== '';
			} catch (error) {
				return isMeshError(error) && error.code === 'MESH_PROTOCOL';
			}
		}),
		{ numRuns: cases(20_000) },
	);
});

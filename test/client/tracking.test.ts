import fc from 'fast-check';
import { isMeshError } from '../../nodes/Mesh/client';
import { parseTrackingRecord } from '../../nodes/Mesh/client/tracking';
import { parseMeshTime } from '../../nodes/Mesh/client/values';
import { cases } from '../support/cases';

describe('a tracking record', () => {
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
});

describe('a time of MESH', () => {
	test.each([
		['20200601122152', '2020-06-01T12:21:52.000Z'],
		['20200601122152123456', '2020-06-01T12:21:52.123Z'],
		['2026-11-22T07:18:47.357252', '2026-11-22T07:18:47.357Z'],
		['2026-11-22T07:18:47', '2026-11-22T07:18:47.000Z'],
		['2026-11-22 07:18:47.3', '2026-11-22T07:18:47.300Z'],
		['2026-11-22T07:18:47Z', '2026-11-22T07:18:47.000Z'],
		['2026-11-22T07:18:47+01:00', '2026-11-22T06:18:47.000Z'],
		['2026-11-22T07:18:47.5-0230', '2026-11-22T09:48:47.500Z'],
	])('%s is read as %s, in UTC where it names no zone', (text, iso) => {
		expect(parseMeshTime(text)?.toISOString()).toBe(iso);
	});

	test.each([
		undefined,
		null,
		5,
		'',
		'now',
		'20201301000000',
		'20200230000000',
		'2020-02-30T00:00:00',
		'2020-01-01T25:00:00',
		'2020',
		'2020-01-01',
	])('%p is no time', (value) => {
		expect(parseMeshTime(value)).toBeUndefined();
	});

	test('every moment survives the compact form, and no text makes an invalid date', () => {
		fc.assert(
			fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
				const compact = date.toISOString().replace(/[-:TZ.]/g, '');
				return parseMeshTime(compact)?.getTime() === date.getTime();
			}),
			{ numRuns: cases(5_000) },
		);
		fc.assert(
			fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-:TZ. +') }), (text) => {
				const time = parseMeshTime(text);
				return time === undefined || !Number.isNaN(time.getTime());
			}),
			{ numRuns: cases(10_000) },
		);
	});
});

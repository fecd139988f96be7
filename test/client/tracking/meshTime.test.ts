import fc from 'fast-check';
import { parseMeshTime } from '../../../nodes/Mesh/client/meshTime';
import { cases } from '../../support/cases';

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

import fc from 'fast-check';
import { retryAfterMs } from '../../../nodes/Mesh/client/statusErrors';
import { cases } from '../../support/cases';

const now = Date.UTC(2026, 0, 5, 12, 0, 0);

test.each([
	['seconds', '120', 120_000],
	['no time', '0', 0],
	['an HTTP date', 'Mon, 05 Jan 2026 12:00:30 GMT', 30_000],
	['a date that has passed', 'Mon, 05 Jan 2026 11:00:00 GMT', 0],
])('%s is understood', (_form, value, expected) => {
	expect(retryAfterMs(value, now)).toBe(expected);
});

test.each([[undefined], [''], ['soon'], ['-5'], ['1e9'], ['2026'.repeat(10)], ['NaN']])('%s counts as absent', (value) => {
	expect(retryAfterMs(value, now)).toBeUndefined();
});

test('no text gives a negative pause or none at all', () => {
	fc.assert(
		fc.property(fc.string(), (value) => {
			const pause = retryAfterMs(value, now);
			return pause === undefined || (pause >= 0 && Number.isFinite(pause));
		}),
		{ numRuns: cases(5_000) },
	);
});

import fc from 'fast-check';
import { parseChunkRange } from '../../../nodes/Mesh/client/messageHeaders';
import { cases } from '../../support/cases';

test('every range that MESH can send is read, also in braces', () => {
	fc.assert(
		fc.property(fc.nat(999_999_999), fc.nat(999_999_999), fc.constantFrom('a:b', ' a : b ', '{a:b}'), (chunk, total, form) => {
			expect(parseChunkRange(form.replace('a', String(chunk)).replace('b', String(total)))).toEqual({ chunk, total });
		}),
	);
});

test('anything else is no range, and huge numbers are not read as ones that JavaScript cannot hold', () => {
	for (const text of [
		undefined,
		'',
		':',
		'1',
		'1:',
		':1',
		'1:2:3',
		'-1:2',
		'1:-2',
		'1.5:2',
		'1e3:2',
		'0x1:2',
		'1:9999999999',
		'a:b',
		'１:２',
	]) {
		expect(parseChunkRange(text)).toBeUndefined();
	}
	fc.assert(
		fc.property(fc.string({ unit: 'binary' }), (text) => {
			const range = parseChunkRange(text);
			return range === undefined || (Number.isSafeInteger(range.chunk) && Number.isSafeInteger(range.total));
		}),
		{ numRuns: cases(10_000) },
	);
});

import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { Content } from '../../bench/server/content';

const MIB = 1024 * 1024;

describe('the content that the benchmark moves', () => {
	it.each(['random', 'csv'] as const)('%s: is the same wherever its pieces are cut, so that any download can be checked', (kind) => {
		const content = Content.of(kind);
		fc.assert(
			fc.property(fc.nat(3 * content.period), fc.nat(5000), fc.nat(5000), (start, first, second) => {
				const joined = Buffer.concat([content.copy(start, start + first), content.copy(start + first, start + first + second)]);
				expect(joined.length).toBe(first + second);
				expect(content.matches(start, joined)).toBe(true);
			}),
			{ numRuns: 50 },
		);
	});

	it('notices a single changed byte, also behind the end of a period', () => {
		const content = Content.of('random');
		const start = content.period - 10;
		const bytes = content.copy(start, start + 20);
		bytes[15] ^= 1;
		expect(content.matches(start, bytes)).toBe(false);
	});

	it('compresses as its kind says: random not at all, CSV about four times', () => {
		const ratio = (kind: 'random' | 'csv'): number => (2 * MIB) / gzipSync(Content.of(kind).copy(0, 2 * MIB), { level: 6 }).length;
		expect(ratio('random')).toBeLessThan(1.01);
		expect(ratio('csv')).toBeGreaterThan(3);
		expect(ratio('csv')).toBeLessThan(6);
	});
});

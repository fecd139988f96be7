import { turnsOf } from '../../bench/task';

describe('the order in which contenders take their turns', () => {
	it('begins with another one in each round, and leaves nobody out', () => {
		expect([1, 2, 3, 4].map((round) => turnsOf(['a', 'b', 'c'], round))).toEqual([
			['a', 'b', 'c'],
			['b', 'c', 'a'],
			['c', 'a', 'b'],
			['a', 'b', 'c'],
		]);
		expect(turnsOf([], 2)).toEqual([]);
	});
});

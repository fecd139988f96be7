import { newestFirst, withVersion } from '../../n8n-lab/host/updateHosts';

describe('newestFirst', () => {
	it('sorts by number and not by letter, and takes releases of one major version only', () => {
		const versions = ['2.9.0', '2.41.3', '1.123.81', '2.41.11', '3.0.0', '2.42.0-rc.1', '2.40.20', '12.1.0'];
		expect(newestFirst(versions, 2)).toEqual(['2.41.11', '2.41.3', '2.40.20', '2.9.0']);
		expect(newestFirst(versions, 1)).toEqual(['1.123.81']);
		expect(newestFirst(versions, 4)).toEqual([]);
	});
});

describe('withVersion', () => {
	it.each([
		['n8nio/n8n:2.40.7', 'n8nio/n8n:2.41.1'],
		['| 2.40.7 on Node.js 24 |', '| 2.41.1 on Node.js 24 |'],
		['It is 2.40.7.', 'It is 2.41.1.'],
		['"n8n": "2.40.7"', '"n8n": "2.41.1"'],
	])('changes %p', (text, changed) => {
		expect(withVersion(text, '2.40.7', '2.41.1')).toBe(changed);
	});

	it.each(['2.40.71', '12.40.7', '2.40.7.1', '2x40.7', '2.40'])('leaves %p, which is another version', (text) => {
		expect(withVersion(text, '2.40.7', '2.41.1')).toBe(text);
	});
});

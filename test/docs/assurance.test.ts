import { readPage, section, tables } from './page';

const page = readPage('docs/assurance.md');
const source = readPage('test/sandbox/conformance/assurance.test.ts');
const tested = [...source.matchAll(/number: '([^']+)'/g)].flatMap(([, numbers]) => numbers.split(', '));

test('every case of the witness test on the page is run by a row with its number, and the other way round', () => {
	const [{ rows }] = tables(section(page, 'The cases'));
	const onPage = rows.map(([number]) => number.replace(/\D/g, ''));
	expect(onPage).toEqual(tested.filter((number) => /^[2-7]\d\d$/.test(number)));
});

test('every complaint that can be shown by a run is run', () => {
	const [{ rows }] = tables(section(page, 'What assessors complained of'));
	expect(rows).toHaveLength(3);
	expect(tested).toEqual(expect.arrayContaining(['201', 'daily handshake', 'one download']));
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorTables, SHARED_ADVICE } from './errorTitles';
import type { ErrorTable } from './errorTitles';
import { readPage, root, section, tables } from './page';
import { sourcesOf, textsIn } from './sourceTexts';

const PAGE = 'docs/errors.md';
const expected = errorTables();

/** `UPDATE_ERRORS_PAGE=1 npx jest test/docs/errors.test.ts` writes the tables anew; the sentences around them stay. */
if (process.env.UPDATE_ERRORS_PAGE !== undefined) {
	const page = Object.entries(expected).reduce((text, [heading, table]) => {
		const old = section(text, heading);
		const [intro] = old.split('\n|');
		return text.replace(old, () => `${intro.trimEnd()}\n\n${markdown(table)}\n`);
	}, readPage(PAGE));
	writeFileSync(join(root, PAGE), `${page.trimEnd()}\n`);
}

function markdown({ header, rows }: ErrorTable): string {
	const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
	return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

describe('docs/errors.md: every title that the code has, and no other', () => {
	test.each(Object.entries(expected))('%s', (heading, { header, rows }) => {
		const [table] = tables(section(readPage(PAGE), heading));
		expect(rows.length).toBeGreaterThan(3);
		expect(table.header).toEqual(header);
		expect(table.rows).toEqual(rows.map((row) => row.map((cell) => cell.trim())));
	});

	test('every title is a sentence in plain words, without a full stop, and has advice', () => {
		const all = Object.entries(expected).flatMap(([heading, { header, rows }]) =>
			rows.flatMap((row) => row[header.indexOf('title')].split('<br>').map((title) => ({ heading, title, todo: row.at(-1) }))),
		);
		const isBegun = ({ heading, title }: { heading: string; title: string }) =>
			heading === 'No connection' || /^(["'A-Z…]|n8n)/.test(title);
		expect(all.filter((one) => !isBegun(one) || one.title.endsWith('.')).map(({ title }) => title)).toEqual([]);
		expect(all.filter(({ todo = '' }) => !/\w+ \w+/.test(todo)).map(({ title }) => title)).toEqual([]);
	});

	test('the advice that several errors share is what the code says', () => {
		const texts = new Set(sourcesOf('nodes/Mesh').flatMap(textsIn));
		expect(SHARED_ADVICE.filter((text) => !texts.has(text))).toEqual([]);
	});
});

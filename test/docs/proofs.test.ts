import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readPage, root, section, tables } from './page';

describe('docs/security.md', () => {
	const page = readPage('docs/security.md');

	/** Rows of the tables: promise, how, test, cases. */
	const rows = page
		.split('\n')
		.filter((line) => /^\| (?!promise|---)/.test(line))
		.map((line) =>
			line
				.split('|')
				.slice(1, -1)
				.map((cell) => cell.trim()),
		);

	test('docs/security.md names, for each promise, tests that exist under that title', () => {
		expect(rows.length).toBeGreaterThan(35);
		const missing: string[] = [];
		let named = 0;
		for (const [promise, , tests] of rows) {
			const files = [...tests.matchAll(/`(test\/[\w/.-]+)`: ((?:"[^"]+"(?:; )?)+)/g)];
			if (files.length === 0 && !tests.includes('npm run release:check')) missing.push(`no test: ${promise}`);
			for (const [, file, titles] of files) {
				const source = existsSync(join(root, file)) ? readPage(file) : '';
				for (const [, title] of titles.matchAll(/"([^"]+)"/g)) {
					named++;
					if (!source.includes(title)) missing.push(`${file}: ${title}`);
				}
			}
		}
		expect(missing).toEqual([]);
		expect(named).toBeGreaterThan(40);
	});

	test('the page says of every section of limits what the code does', () => {
		const limits = readPage('nodes/Mesh/client/download/limits.ts');
		expect(limits).toMatch(/DEFAULT_MAX_BYTES = 110_000_000_000/);
		expect(limits).toMatch(/DEFAULT_MAX_CHUNKS = 100_000/);
		expect(readPage('nodes/Mesh/client/inbox.ts')).toMatch(/MAX_MESSAGES = 2_000_000/);
		expect(readPage('nodes/Mesh/client/answers.ts')).toMatch(/MAX_JSON_BYTES = 16 \* 1024 \* 1024/);
	});
});

describe('docs/assurance.md', () => {
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
});

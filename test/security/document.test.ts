import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const page = readFileSync(join(root, 'docs/security.md'), 'utf8');

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
			const source = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
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
	const limits = readFileSync(join(root, 'nodes/Mesh/client/download/limits.ts'), 'utf8');
	expect(limits).toMatch(/DEFAULT_MAX_BYTES = 110_000_000_000/);
	expect(limits).toMatch(/DEFAULT_MAX_CHUNKS = 100_000/);
	expect(readFileSync(join(root, 'nodes/Mesh/client/inbox.ts'), 'utf8')).toMatch(/MAX_MESSAGES = 2_000_000/);
	expect(readFileSync(join(root, 'nodes/Mesh/client/answers.ts'), 'utf8')).toMatch(/MAX_JSON_BYTES = 16 \* 1024 \* 1024/);
});

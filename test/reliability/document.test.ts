import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ASKING_PLACES } from './matrix/askingPlaces';
import { FAULT_KINDS } from './matrix/faultKinds';
import { planCells } from './matrix/matrix';
import { isRepresentative, type Place } from './matrix/place';
import { RECEIVING_PLACES } from './matrix/receivingPlaces';
import { SENDING_PLACES } from './matrix/sendingPlaces';

const root = join(__dirname, '..', '..');
const page = readFileSync(join(root, 'docs/reliability.md'), 'utf8');

/** Rows of the tables: fault, what happens, what you see, test. */
const rows = page
	.split('\n')
	.filter((line) => /^\| (?!fault |---)/.test(line))
	.map((line) =>
		line
			.split('|')
			.slice(1, -1)
			.map((cell) => cell.trim()),
	);

/** Tests of the matrix have no titles in their source: they are made from its tables. */
const matrixTitles = new Map<string, Set<string>>(
	(
		[
			['asking', ASKING_PLACES],
			['receiving', RECEIVING_PLACES],
			['sending', SENDING_PLACES],
		] as Array<[string, readonly Place[]]>
	).map(([file, places]) => [
		`test/reliability/${file}.test.ts`,
		new Set(
			places
				.filter(isRepresentative)
				.flatMap((place) => planCells(place))
				.map(({ title }) => title),
		),
	]),
);

function exists(file: string, title: string): boolean {
	const titles = matrixTitles.get(file);
	if (titles) return titles.has(title);
	return existsSync(join(root, file)) && readFileSync(join(root, file), 'utf8').includes(title);
}

describe('docs/reliability.md', () => {
	test('names for each row tests that exist under that title', () => {
		expect(rows.length).toBeGreaterThan(35);
		const missing: string[] = [];
		for (const row of rows) {
			expect(row).toHaveLength(4);
			const named = [...row[3].matchAll(/`(test\/[\w/.-]+)`: ((?:"[^"]+"(?:; )?)+)/g)];
			if (named.length === 0) missing.push(`no test: ${row[0]}`);
			for (const [, file, titles] of named) {
				for (const [, title] of titles.matchAll(/"([^"]+)"/g)) if (!exists(file, title)) missing.push(`${file}: ${title}`);
			}
		}
		expect(missing).toEqual([]);
	});

	test('names elsewhere only files and tests that exist', () => {
		const text = page.replace(/\n\s*/g, ' ');
		for (const [, file] of text.matchAll(/`(test\/[\w/-]+\.ts)`/g)) expect([file, existsSync(join(root, file))]).toEqual([file, true]);
		for (const [, file, title] of text.matchAll(/`(test\/[\w/.-]+)`: "([^"]+)"/g))
			expect([title, exists(file, title)]).toEqual([title, true]);
		for (const [, link] of text.matchAll(/\]\((\.\.\/[\w/.-]+)\)/g))
			expect([link, existsSync(join(root, 'docs', link))]).toEqual([link, true]);
	});

	test('says the size of the matrix as it is', () => {
		const places = [...ASKING_PLACES, ...RECEIVING_PLACES, ...SENDING_PLACES];
		const cells = places.flatMap((place) => planCells(place)).length;
		expect(page).toContain(`plays ${FAULT_KINDS.length} kinds of fault`);
		expect(page).toContain(`at ${places.length} places`);
		expect(page).toContain(`at ${places.filter(isRepresentative).length} of them`);
		expect(page).toContain(`${cells.toLocaleString('en-GB')} cells`);
	});
});

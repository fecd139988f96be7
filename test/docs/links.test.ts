import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { MeshApi } from '../../credentials/MeshApi.credentials';
import { pictures } from '../../demo/pictures';
import { Mesh } from '../../nodes/Mesh/Mesh.node';
import { SANDBOX_PICTURES } from '../../sandbox/page/screenshots';
import { ASKING_PLACES } from '../reliability/matrix/askingPlaces';
import { FAULT_KINDS } from '../reliability/matrix/faultKinds';
import { planCells } from '../reliability/matrix/matrix';
import { type Place, isRepresentative } from '../reliability/matrix/place';
import { RECEIVING_PLACES } from '../reliability/matrix/receivingPlaces';
import { SENDING_PLACES } from '../reliability/matrix/sendingPlaces';
import { readPage, root, section, tables } from './page';

const inRoot = readdirSync(root).filter((file) => file.endsWith('.md'));
const inDocs = readdirSync(join(root, 'docs'))
	.filter((file) => file.endsWith('.md'))
	.map((file) => `docs/${file}`);
const pages = [...inRoot, ...inDocs];
const REPOSITORY = 'https://github.com/n8n-nodes-nhs-mesh/n8n-nodes-nhs-mesh';

/** Text of a page without its code, in which `](` is no link. */
const prose = (page: string) =>
	readPage(page)
		.replace(/^```[\s\S]*?^```$/gm, '')
		.replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ' '));

const linksOf = (page: string) =>
	[...prose(page).matchAll(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g)].map(([, image, text, target]) => ({ isImage: image === '!', text, target }));

/** Anchors of a page as GitHub makes them of its headings. */
function anchorsOf(page: string): Set<string> {
	const seen = new Map<string, number>();
	const headings = readPage(page)
		.replace(/^```[\s\S]*?^```$/gm, '')
		.matchAll(/^#+ (.+)$/gm);
	return new Set(
		[...headings].map(([, heading]) => {
			const slug = heading
				.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
				.toLowerCase()
				.replace(/[^\p{L}\p{N} _-]/gu, '')
				.replaceAll(' ', '-');
			const times = seen.get(slug) ?? 0;
			seen.set(slug, times + 1);
			return times === 0 ? slug : `${slug}-${times}`;
		}),
	);
}

/** What is wrong with a path and its anchor, relative to the repository. */
function complaint(path: string, anchor: string | undefined): string | undefined {
	if (path.startsWith('..') || !existsSync(join(root, path))) return `${path} does not exist`;
	if (anchor !== undefined && path.endsWith('.md') && !anchorsOf(path).has(anchor)) return `${path} has no heading #${anchor}`;
	return undefined;
}

describe.each(pages)('%s', (page) => {
	test('every relative link and anchor leads somewhere', () => {
		const wrong = linksOf(page)
			.filter(({ target }) => !/^(https?|mailto):/.test(target))
			.map(({ target }) => {
				const [path, anchor] = target.split('#');
				return complaint(path === '' ? page : normalize(join(dirname(page), path)), anchor);
			});
		expect(wrong.filter((one) => one !== undefined)).toEqual([]);
	});

	test('every picture says in words what it shows', () => {
		const pictures = linksOf(page).filter(({ isImage }) => isImage);
		expect(pictures.filter(({ text }) => text.split(' ').length < 3).map(({ target }) => target)).toEqual([]);
	});

	test('it begins with its title, and no line ends in white space', () => {
		const lines = readPage(page).split('\n');
		expect(lines[0]).toMatch(/^# \S/);
		expect(lines.map((line, at) => [at + 1, line] as const).filter(([, line]) => /\s$/.test(line))).toEqual([]);
	});
});

test('the README and the index lead to every page', () => {
	const from = (page: string) => linksOf(page).map(({ target }) => normalize(join(dirname(page), target.split('#')[0])));
	expect(inDocs.filter((page) => page !== 'docs/README.md' && !from('docs/README.md').includes(page))).toEqual([]);
	expect(inDocs.filter((page) => page !== 'docs/README.md' && !from('README.md').includes(page))).toEqual([]);
});

test('every picture is on a page', () => {
	const used = pages.flatMap((page) =>
		linksOf(page)
			.filter(({ isImage }) => isImage)
			.map(({ target }) => normalize(join(dirname(page), target))),
	);
	const there = readdirSync(join(root, 'docs/images')).map((file) => `docs/images/${file}`);
	expect(there.filter((picture) => !used.includes(picture))).toEqual([]);
});

test('every photographed picture is taken by npm run screenshots', () => {
	const taken = [...pictures.map(({ file }) => file), ...Object.values(SANDBOX_PICTURES)];
	expect(
		readdirSync(join(root, 'docs/images'))
			.filter((file) => file.endsWith('.png'))
			.sort(),
	).toEqual(taken.sort());
});

test("n8n's links to the documentation lead to pages and headings that exist", () => {
	const urls = ['Mesh', 'MeshTrigger'].flatMap((node) => {
		const { resources } = JSON.parse(readFileSync(join(root, `nodes/Mesh/${node}.node.json`), 'utf8')) as {
			resources: Record<string, Array<{ url: string }>>;
		};
		return Object.values(resources)
			.flat()
			.map(({ url }) => url);
	});
	urls.push(new MeshApi().documentationUrl);
	expect(urls.length).toBe(5);
	for (const url of urls) {
		const [, path, anchor] = /^(?:.*?)\/blob\/main\/([^#]+)(?:#(.*))?$/.exec(url) ?? [];
		expect([url, url.startsWith(`${REPOSITORY}/blob/main/`), complaint(path ?? '', anchor)]).toEqual([url, true, undefined]);
	}
});

test('the README names every operation, and the two commands to begin with', () => {
	const readme = readPage('README.md');
	const named = tables(section(readme, 'The NHS MESH node'))[0].rows.map(([, operation]) => operation);
	const titles = new Mesh().description.properties
		.filter(({ name }) => name === 'operation')
		.flatMap(({ options = [] }) => options.map(({ name }) => name));
	expect([...named].sort()).toEqual(titles.sort());
	for (const command of ['npm start', 'npm test']) expect(readme).toContain(command);
});

test('every example workflow is in docs/examples.md under its name', () => {
	const page = readPage('docs/examples.md');
	for (const file of readdirSync(join(root, 'examples'))) {
		const { name } = JSON.parse(readFileSync(join(root, 'examples', file), 'utf8')) as { name: string };
		expect(page).toContain(`[${name}](../examples/${file})`);
	}
});

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
	return existsSync(join(root, file)) && readPage(file).includes(title);
}

/** The tests that a cell of a table names, each by its file and a part of its title. */
const testsIn = (cell: string) =>
	[...cell.matchAll(/`(test\/[\w/.-]+)`: ((?:"[^"]+"(?:; )?)+)/g)].flatMap(([, file, titles]) =>
		[...titles.matchAll(/"([^"]+)"/g)].map(([, title]) => ({ file, title })),
	);

describe('docs/security.md', () => {
	test('docs/security.md names, for each promise, tests that exist under that title', () => {
		const rows = tables(readPage('docs/security.md')).flatMap((table) => table.rows);
		expect(rows.length).toBeGreaterThan(35);
		const missing: string[] = [];
		let named = 0;
		for (const [promise, , cell] of rows) {
			const tests = testsIn(cell);
			if (tests.length === 0 && !cell.includes('npm run release:check')) missing.push(`no test: ${promise}`);
			named += tests.length;
			for (const { file, title } of tests) if (!exists(file, title)) missing.push(`${file}: ${title}`);
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

describe('docs/reliability.md', () => {
	const page = readPage('docs/reliability.md');

	test('names for each row tests that exist under that title', () => {
		const rows = tables(page).flatMap((table) => table.rows);
		expect(rows.length).toBeGreaterThan(35);
		const missing: string[] = [];
		for (const row of rows) {
			expect(row).toHaveLength(4);
			const tests = testsIn(row[3]);
			if (tests.length === 0) missing.push(`no test: ${row[0]}`);
			for (const { file, title } of tests) if (!exists(file, title)) missing.push(`${file}: ${title}`);
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

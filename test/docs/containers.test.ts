import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pinnedHosts } from '../../n8n-lab/host/pinnedHosts';
import { DOCUMENTS, withVersion } from '../../n8n-lab/host/updateHosts';
import { readPage, root, tables } from './page';

const pinned = (major: number) => {
	const { manifestFolder } = pinnedHosts.find((host) => host.major === major)!;
	return (JSON.parse(readFileSync(join(manifestFolder, 'package.json'), 'utf8')) as { dependencies: { n8n: string } }).dependencies.n8n;
};
const packageVersion = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;

test.each([1, 2])('the README says which n8n %d.x the tests ran in', (major) => {
	const row = tables(readPage('README.md'))
		.flatMap(({ rows }) => rows)
		.find(([what]) => what === `n8n ${major}.x`);
	expect(row?.[1]).toMatch(new RegExp(`^${pinned(major).replaceAll('.', '\\.')}\\b`));
});

/** Pages that say in which version something was measured. */
const MEASURED = ['docs/large-files.md', 'docs/scaling.md'];

test('npm run hosts:update renews every file that names a pinned version', () => {
	const naming = [...filesIn('.', false), ...filesIn('docs'), ...filesIn('.github')].filter((file) =>
		pinnedHosts.some(({ major }) => names(readPage(file), pinned(major))),
	);
	expect(naming.filter((file) => !MEASURED.includes(file)).sort()).toEqual([...DOCUMENTS].sort());
});

/** Paths of the texts in a folder, relative to the repository. */
const filesIn = (folder: string, recursive = true) =>
	readdirSync(join(root, folder), { recursive, withFileTypes: true })
		.filter((entry) => entry.isFile() && /\.(md|yml)$|Dockerfile$/.test(entry.name))
		.map((entry) => relative(root, join(entry.parentPath, entry.name)));

const names = (text: string, version: string) => withVersion(text, version, '') !== text;

test('image and compose file name the n8n that the tests ran in and this version of the package, and never "latest"', () => {
	const dockerfile = readPage('docs/docker/Dockerfile');
	const compose = readPage('docs/docker-compose.queue-mode.yml');
	expect(dockerfile).toContain(`ARG N8N_VERSION=${pinned(2)}\n`);
	expect(dockerfile).toContain(`ARG MESH_VERSION=${packageVersion}\n`);
	expect(compose).toContain(`N8N_VERSION: ${pinned(2)}\n`);
	expect(compose).toContain(`MESH_VERSION: ${packageVersion}\n`);
	expect(dockerfile + compose).not.toMatch(/:latest/);
	for (const [, image] of compose.matchAll(/^ {4}image: (\S+)$/gm)) expect(image).toMatch(/:\d/);
});

test('main and workers have what n8n 3 needs', () => {
	// The part that both take over.
	const shared = /^x-n8n: &n8n\n(?: .*\n)+/m.exec(readPage('docs/docker-compose.queue-mode.yml'))?.[0];
	expect(shared).toMatch(/^ {4}N8N_UNVERIFIED_PACKAGES_ENABLED: "true"$/m);
	expect(shared).toMatch(/^ {4}N8N_DEFAULT_BINARY_DATA_MODE: filesystem$/m);
	expect(shared).toMatch(/^ {4}OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: "true"$/m);
});

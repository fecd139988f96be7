// The checks before a release: npm run release:check. Build first. `--require-audit` makes a registry that does not answer a
// failure, as it should be where a release is published. Writes the bill of materials to release/out/.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentProblems, keyProblem, lockfileProblems, manifestProblems, shippedOf } from './rules';
import type { LockedPackage } from './rules';

const root = join(__dirname, '..');
const json = (path: string): object => JSON.parse(readFileSync(join(root, path), 'utf8')) as object;

/** Output of a command; a failing one may have said something as well. */
const output = (command: string, ...parameters: string[]): string => outputIn(root, command, ...parameters);

function outputIn(folder: string, command: string, ...parameters: string[]): string {
	try {
		// eslint-disable-next-line @n8n/community-nodes/no-dangerous-functions -- a program of the command line, never published
		return execFileSync(command, parameters, { cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'ignore'] });
	} catch (error) {
		return String(Reflect.get(error as object, 'stdout') ?? '');
	}
}

function parsed(text: string): Record<string, unknown> {
	try {
		return JSON.parse(text) as Record<string, unknown>;
	} catch {
		return {};
	}
}

interface Outcome {
	problems: string[];
	/** What was looked at. */
	seen: string;
}

function audit(): Outcome {
	const { vulnerabilities } = parsed(output('npm', 'audit', '--omit=dev', '--json'));
	if (typeof vulnerabilities !== 'object' || vulnerabilities === null) {
		const required = process.argv.includes('--require-audit');
		return { problems: required ? ['the registry did not answer'] : [], seen: 'NOT CHECKED: the registry did not answer' };
	}
	return { problems: Object.keys(vulnerabilities).map((name) => `${name} has a known vulnerability`), seen: 'no known vulnerability in what ships' };
}

function published(): Outcome {
	const [packed] = JSON.parse(output('npm', 'pack', '--dry-run', '--ignore-scripts', '--json')) as Array<{ files: Array<{ path: string; size: number }> }>;
	const keys = packed.files.map(({ path }) => keyProblem(path, readFileSync(join(root, path), 'latin1')));
	return { problems: [...contentProblems(packed.files), ...keys.filter((one) => one !== undefined)], seen: `${packed.files.length} files` };
}

function repository(): Outcome {
	const paths = output('git', 'ls-files', '-z').split('\0').filter(Boolean);
	const problems = paths.map((path) => keyProblem(path, read(path))).filter((one) => one !== undefined);
	return { problems: paths.length > 0 ? problems : ['git lists no files'], seen: `${paths.length} files` };
}

/** Empty for a file that is listed and deleted. */
function read(path: string): string {
	try {
		return readFileSync(join(root, path), 'latin1');
	} catch {
		return '';
	}
}

/** By `npm sbom` over a copy of manifest and lockfile without what is for development only, which npm would mix in. */
function billOfMaterials(): Outcome {
	const folder = mkdtempSync(join(tmpdir(), 'nhs-mesh-sbom-'));
	const { name, version, license, dependencies } = json('package.json') as Record<string, unknown>;
	const { packages } = json('package-lock.json') as { packages: Record<string, LockedPackage> };
	const shippedRoot = { name, version, license, dependencies };
	writeFileSync(join(folder, 'package.json'), JSON.stringify(shippedRoot));
	writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ name, version, lockfileVersion: 3, requires: true, packages: { '': shippedRoot, ...shippedOf(packages) } }));
	const text = outputIn(folder, 'npm', 'sbom', '--omit=dev', '--package-lock-only', '--sbom-format', 'cyclonedx');
	rmSync(folder, { recursive: true });
	const { components } = parsed(text);
	const names = Array.isArray(components) ? components.map((one: { name?: string; version?: string }) => `${one.name} ${one.version}`) : [];
	mkdirSync(join(root, 'release', 'out'), { recursive: true });
	writeFileSync(join(root, 'release', 'out', 'sbom.cdx.json'), text);
	return { problems: names.some((one) => one.startsWith('undici ')) ? [] : ['npm sbom does not list undici'], seen: `release/out/sbom.cdx.json lists ${names.join(', ')}` };
}

function provenance(): Outcome {
	const workflow = readFileSync(join(root, '.github', 'workflows', 'publish.yml'), 'utf8');
	const problems = [/npm publish [^\n]*--provenance/, /id-token: write/].filter((part) => !part.test(workflow)).map((part) => `publish.yml lacks ${part.source}`);
	return { problems, seen: 'publish.yml' };
}

const CHECKS: Array<[string, () => Outcome]> = [
	['known vulnerabilities', audit],
	['package.json', () => ({ problems: manifestProblems(json('package.json')), seen: 'one runtime dependency, no install scripts, provenance' })],
	['lockfile', () => ({ problems: lockfileProblems(json('package-lock.json'), json('package.json')), seen: 'SHA-512 of every package' })],
	['contents of the package', published],
	['keys in the repository', repository],
	['bill of materials', billOfMaterials],
	['provenance', provenance],
];

let failed = false;
for (const [name, check] of CHECKS) {
	const { problems, seen } = check();
	failed ||= problems.length > 0;
	process.stdout.write(`${problems.length > 0 ? 'FAILED' : 'ok    '}  ${name}: ${problems.length > 0 ? problems.slice(0, 20).join('; ') : seen}\n`);
}
process.exitCode = failed ? 1 : 0;

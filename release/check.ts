// The checks before a release: npm run release:check. Builds, lints and packs by itself, and loads the package in a real
// n8n, which it installs where it is missing. `--require-audit` makes a registry that does not answer a failure, as it
// should be where a release is published. Writes the bill of materials to release/out/.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureHost } from '../n8n-lab/host/installHost';
import { installPackage } from '../n8n-lab/host/installPackage';
import { startN8n } from '../n8n-lab/host/n8nProcess';
import { n8n2 } from '../n8n-lab/host/pinnedHosts';
import { findFreePorts } from '../n8n-lab/machine/ports';
import { stopAllProcesses } from '../n8n-lab/machine/processes';
import { N8nRest } from '../n8n-lab/rest/restClient';
import { describeFailure } from '../n8n-lab/terminal';
import { json, npmRun, output, parsed, read, root } from './commands';
import {
	changelogProblems,
	contentProblems,
	keyProblem,
	linkProblems,
	loadedProblems,
	lockfileProblems,
	manifestProblems,
	shippedOf,
	type LoadedType,
	type LockedPackage,
} from './rules';

/** What a check has found. */
interface Outcome {
	/** None is good. */
	problems: string[];
	/** What was looked at. */
	seen: string;
}

type Check = () => Outcome | Promise<Outcome>;

/** Only for the few seconds that n8n runs. */
const OWNER = { email: 'release@example.com', password: 'Release-check-1' };

const CHECKS: Array<[string, Check]> = [
	[
		'package.json',
		() => ({ problems: manifestProblems(json('package.json')), seen: 'one runtime dependency, no install scripts, provenance' }),
	],
	['lockfile', () => ({ problems: lockfileProblems(json('package-lock.json'), json('package.json')), seen: 'SHA-512 of every package' })],
	['changelog', changelog],
	['README', readme],
	['provenance', provenance],
	['keys in the repository', repository],
	['known vulnerabilities', () => audit(process.argv.includes('--require-audit'))],
	['bill of materials', billOfMaterials],
	['lint', lint],
	['build', build],
	['contents of the package', contents],
	['the package in n8n', loads],
];

/** The changelog has an entry for the version, and what npm shows of the package leads nowhere wrong. */
function changelog(): Outcome {
	const { version } = json('package.json') as { version: string };
	return { problems: changelogProblems(read('CHANGELOG.md'), version), seen: `an entry for ${version}` };
}

function readme(): Outcome {
	const page = read('README.md');
	return {
		problems: page === '' ? ['there is none'] : linkProblems(page, (path) => existsSync(join(root, path))),
		seen: 'every relative link leads to a file',
	};
}

function provenance(): Outcome {
	const workflow = read('.github/workflows/publish.yml');
	const problems = [/npm publish [^\n]*--provenance/, /id-token: write/]
		.filter((part) => !part.test(workflow))
		.map((part) => `publish.yml lacks ${part.source}`);
	return { problems, seen: 'publish.yml' };
}

/** No key in any file that git knows. */
function repository(): Outcome {
	const paths = output('git', ['ls-files', '-z']).split('\0').filter(Boolean);
	const problems = paths.map((path) => keyProblem(path, read(path))).filter((one) => one !== undefined);
	return { problems: paths.length > 0 ? problems : ['git lists no files'], seen: `${paths.length} files` };
}

/** @param isRequired makes a registry that does not answer a failure, as it should be where a release is published */
function audit(isRequired: boolean): Outcome {
	const { vulnerabilities } = parsed(output('npm', ['audit', '--omit=dev', '--json']));
	if (typeof vulnerabilities !== 'object' || vulnerabilities === null) {
		return { problems: isRequired ? ['the registry did not answer'] : [], seen: 'NOT CHECKED: the registry did not answer' };
	}
	return {
		problems: Object.keys(vulnerabilities).map((name) => `${name} has a known vulnerability`),
		seen: 'no known vulnerability in what ships',
	};
}

/** By `npm sbom` over a copy of manifest and lockfile without what is for development only, which npm would mix in. */
function billOfMaterials(): Outcome {
	const folder = mkdtempSync(join(tmpdir(), 'nhs-mesh-sbom-'));
	const { name, version, license, dependencies } = json('package.json') as Record<string, unknown>;
	const { packages } = json('package-lock.json') as { packages: Record<string, LockedPackage> };
	const shippedRoot = { name, version, license, dependencies };
	writeFileSync(join(folder, 'package.json'), JSON.stringify(shippedRoot));
	writeFileSync(
		join(folder, 'package-lock.json'),
		JSON.stringify({ name, version, lockfileVersion: 3, requires: true, packages: { '': shippedRoot, ...shippedOf(packages) } }),
	);
	const text = output('npm', ['sbom', '--omit=dev', '--package-lock-only', '--sbom-format', 'cyclonedx'], folder);
	rmSync(folder, { recursive: true });
	const { components } = parsed(text);
	const names = Array.isArray(components) ? components.map((one: { name?: string; version?: string }) => `${one.name} ${one.version}`) : [];
	mkdirSync(join(root, 'release', 'out'), { recursive: true });
	writeFileSync(join(root, 'release', 'out', 'sbom.cdx.json'), text);
	return {
		problems: names.some((one) => one.startsWith('undici ')) ? [] : ['npm sbom does not list undici'],
		seen: `release/out/sbom.cdx.json lists ${names.join(', ')}`,
	};
}

/** n8n's rules for community nodes, over the whole repository, with no warning either. */
async function lint(): Promise<Outcome> {
	await npmRun('lint', '--', '--max-warnings', '0');
	return { problems: [], seen: "n8n's rules for community nodes and ours: no error, no warning" };
}

/** Always anew: what is published must come from these sources. */
async function build(): Promise<Outcome> {
	await npmRun('build');
	return { problems: [], seen: 'dist/ is of these sources' };
}

interface Packed {
	/** Bytes of the tarball. */
	size: number;
	files: Array<{ path: string; size: number }>;
}

/** What npm would put into the tarball: only what users need, of bounded size, without keys. */
function contents(): Outcome {
	const [packed] = JSON.parse(output('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'])) as Packed[];
	const keys = packed.files.map(({ path }) => keyProblem(path, read(path)));
	return {
		problems: [...contentProblems(packed.files), ...keys.filter((one) => one !== undefined)],
		seen: `${packed.files.length} files, ${Math.round(packed.size / 1024)} KiB packed`,
	};
}

/**
 * Packs the package, installs the tarball into a real n8n as n8n's own installer does, starts it, and asks what it has loaded.
 * Installs n8n first where it is missing, which takes minutes.
 */
async function loads(): Promise<Outcome> {
	const folder = await mkdtemp(join(tmpdir(), 'nhs-mesh-release-'));
	const userFolder = join(folder, 'user');
	try {
		const host = await ensureHost(n8n2, () => undefined);
		const { folder: packageFolder } = await installPackage(userFolder, join(folder, 'package.log'));
		const [port, brokerPort] = await findFreePorts(2);
		const { url } = await startN8n({ host, userFolder, port, brokerPort }, join(folder, 'n8n.log'));
		const rest = new N8nRest(url);
		await rest.signIn(OWNER);
		const types = async (kind: string) => (await (await rest.request('GET', `/types/${kind}.json`)).json()) as LoadedType[];
		const problems = loadedProblems(await types('nodes'), await types('credentials'));
		if (!existsSync(join(packageFolder, 'node_modules', 'undici', 'package.json'))) problems.push('undici was not installed with it');
		return { problems, seen: `n8n ${host.version} lists both nodes, the tool and the credential` };
	} finally {
		await stopAllProcesses();
		await rm(folder, { recursive: true, force: true });
	}
}

async function outcomeOf(check: Check): Promise<Outcome> {
	try {
		return await check();
	} catch (error) {
		return { problems: [describeFailure(error)], seen: '' };
	}
}

async function main(): Promise<void> {
	for (const [name, check] of CHECKS) {
		const { problems, seen } = await outcomeOf(check);
		if (problems.length > 0) process.exitCode = 1;
		process.stdout.write(
			`${problems.length > 0 ? 'FAILED' : 'ok    '}  ${name}: ${problems.length > 0 ? problems.slice(0, 20).join('; ') : seen}\n`,
		);
	}
}

void main();

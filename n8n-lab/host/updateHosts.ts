import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runCommand } from '../machine/processes';
import { demoFolder, repositoryFolder } from '../paths';
import { createProgress, describeFailure, problem } from '../terminal';
import { n8n2, pinnedHosts } from './pinnedHosts';
import type { PinnedHost } from './pinnedHosts';

/** What names the pinned versions. What names the version of a measurement stays as it is: test/docs/containers.test.ts tells the two apart. */
export const DOCUMENTS: readonly string[] = [
	'README.md',
	'docs/docker-compose.queue-mode.yml',
	'docs/docker/Dockerfile',
	'.github/ISSUE_TEMPLATE/bug.yml',
];
/** Development dependencies of ours that are parts of n8n. */
const ENGINE = ['n8n-core', 'n8n-workflow', '@n8n/di'];
const LOCK_TIMEOUT_MS = 10 * 60_000;
/** Releases that do not install come singly: where so many in a row do not, the fault is elsewhere. */
const MOST_TRIED = 5;

/**
 * `npm run hosts:update`: pins the newest n8n of each major version that the registry can install, renews lockfiles and the
 * documents that name the version, and pins the engine of the fast tests to match. The tests are for the person to run
 * afterwards. @returns the exit code
 */
export async function main(): Promise<number> {
	const { step } = createProgress();
	try {
		const versions = await publishedVersions();
		for (const pinned of pinnedHosts) {
			await step(`n8n ${pinned.major}.x`, async (detail) =>
				detail(await update(pinned, newestFirst(versions, pinned.major).slice(0, MOST_TRIED))),
			);
		}
		await step("n8n's engine for the fast tests", async (detail) => detail(await alignEngine()));
		return 0;
	} catch (error) {
		console.error(describeFailure(error));
		return 1;
	}
}

/** Releases of a major version, the newest first; previews are none. */
export function newestFirst(versions: string[], major: number): string[] {
	const parts = (version: string) => version.split('.').map(Number);
	return versions
		.filter((version) => /^\d+\.\d+\.\d+$/.test(version) && parts(version)[0] === major)
		.sort((a, b) => parts(b)[1] - parts(a)[1] || parts(b)[2] - parts(a)[2]);
}

/** A text with another version of n8n in the place of one, and only of that very one. */
export function withVersion(text: string, from: string, to: string): string {
	return text.replace(new RegExp(`(?<![\\d.])${from.replaceAll('.', '\\.')}(?![\\d.]*\\d)`, 'g'), to);
}

/** The package that npm did not find, by what it says about it; undefined when it failed for another reason. */
export function missingPackage(output: string): string | undefined {
	const found =
		/No matching version found for (\S+?)\.?$/m.exec(output) ?? /The requested resource '(\S+)' could not be found/.exec(output);
	return found?.[1];
}

async function publishedVersions(): Promise<string[]> {
	const { stdout } = await promisify(execFile)('npm', ['view', 'n8n', 'versions', '--json'], { maxBuffer: 10_000_000 });
	return JSON.parse(stdout) as string[];
}

/** @returns what was done, and why a newer one was passed over */
async function update({ manifestFolder }: PinnedHost, candidates: string[]): Promise<string> {
	const manifest = await readFile(join(manifestFolder, 'package.json'), 'utf8');
	const current = (JSON.parse(manifest) as { dependencies: { n8n: string } }).dependencies.n8n;
	const passedOver: string[] = [];
	for (const version of candidates) {
		const told = [...passedOver, version === current ? `${version} is pinned already` : `${current} -> ${version}`].join('; ');
		if (version === current) return told;
		const reason = await lock(manifestFolder, withVersion(manifest, current, version));
		if (reason !== undefined) {
			passedOver.push(`${version} cannot be installed (${reason})`);
			continue;
		}
		for (const document of DOCUMENTS) {
			const file = join(repositoryFolder, document);
			await writeFile(file, withVersion(await readFile(file, 'utf8'), current, version));
		}
		return told;
	}
	throw problem(`None of the newest releases can be installed: ${passedOver.join('; ')}`);
}

/** Pins the parts of n8n that the fast tests run in to those of the pinned n8n 2.x. @returns what was done */
async function alignEngine(): Promise<string> {
	const manifestFile = join(repositoryFolder, 'package.json');
	const manifest = await readFile(manifestFile, 'utf8');
	const { packages } = JSON.parse(await readFile(join(n8n2.manifestFolder, 'package-lock.json'), 'utf8')) as {
		packages: Record<string, { version: string }>;
	};
	const wanted = ENGINE.map((name) => ({ name, version: packages[`node_modules/${name}`].version }));
	const changed = wanted.reduce(
		(text, { name, version }) => text.replace(new RegExp(`("${name}": )"\\d[^"]*"`), `$1"${version}"`),
		manifest,
	);
	const told = wanted.map(({ name, version }) => `${name} ${version}`).join(', ');
	if (changed === manifest) return `${told}: pinned already`;
	await writeFile(manifestFile, changed);
	await npmLock(repositoryFolder, join(demoFolder, 'npm.log'));
	return told;
}

/** Writes manifest and lockfile where npm finds every package. @returns else what is missing */
async function lock(manifestFolder: string, manifest: string): Promise<string | undefined> {
	const folder = await mkdtemp(join(tmpdir(), 'nhs-mesh-host-'));
	try {
		await writeFile(join(folder, 'package.json'), manifest);
		await npmLock(folder, join(folder, 'npm.log'));
		for (const file of ['package.json', 'package-lock.json']) await copyFile(join(folder, file), join(manifestFolder, file));
		return undefined;
	} catch (error) {
		const missing = missingPackage((error as Error).message);
		if (missing === undefined) throw error; // such as no network
		return `the registry has no ${missing}`;
	} finally {
		await rm(folder, { recursive: true, force: true });
	}
}

/** Makes the lockfile of a folder, or renews it where its manifest asks for something else. */
async function npmLock(folder: string, logFile: string): Promise<void> {
	await runCommand({
		name: 'npm install',
		command: 'npm',
		args: ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
		cwd: folder,
		logFile,
		timeoutMs: LOCK_TIMEOUT_MS,
	});
}

/**
 * Starts a TypeScript entry of this repository on a machine where nothing is installed yet: checks Node.js, installs the
 * development dependencies when they are missing or out of date, and loads the entry through tsx.
 * Plain JavaScript without dependencies: it runs before `npm ci`.
 *
 * Usage: node n8n-lab/launch.mjs ENTRY [ARGUMENTS]
 * ENTRY is relative to the repository's root, and exports `main(args): Promise<number>`.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeLockDifference, describeOldNode } from '../n8n-lab/requirements.cjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

async function launch(entry, args) {
	const tooOld = describeOldNode(process.versions.node);
	if (tooOld) return fail(tooOld);
	try {
		await ensureDependencies();
	} catch (error) {
		return fail(error.message);
	}
	const require = createRequire(import.meta.url);
	require('tsx/cjs/api').register();
	process.exitCode = await require(join(root, entry)).main(args);
}

async function ensureDependencies() {
	const wanted = readFileSync(join(root, 'package-lock.json'), 'utf8');
	const hiddenLock = join(root, 'node_modules', '.package-lock.json');
	const installed = existsSync(hiddenLock) ? readFileSync(hiddenLock, 'utf8') : undefined;
	const reason = describeLockDifference(wanted, installed);
	if (!reason) return;
	const startedAt = Date.now();
	console.log(`Installing the development dependencies with npm ci (${reason}) ...`);
	await npmCi();
	console.log(`Installed the development dependencies (${Math.round((Date.now() - startedAt) / 1000)} s)`);
}

function npmCi() {
	return new Promise((resolve, reject) => {
		const output = [];
		const npm = spawn('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
		npm.stdout.on('data', (data) => output.push(data));
		npm.stderr.on('data', (data) => output.push(data));
		const interrupt = () => npm.kill();
		process.once('SIGTERM', interrupt);
		npm.on('error', (error) => reject(new Error(`npm could not be started (${error.code}): install npm, then try again.`)));
		npm.on('close', (code) => {
			process.off('SIGTERM', interrupt);
			if (code === 0) return resolve();
			const errors = Buffer.concat(output)
				.toString()
				.split('\n')
				.filter((line) => line.startsWith('npm error'));
			reject(new Error(`npm ci --ignore-scripts failed:\n${errors.slice(0, 10).join('\n')}`));
		});
	});
}

function fail(message) {
	console.error(message);
	process.exitCode = 1;
}

const [entry, ...args] = process.argv.slice(2);
await launch(entry, args);

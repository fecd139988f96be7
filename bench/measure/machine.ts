import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { REPOSITORY } from '../build';
import type { Machine } from './results';

export function thisMachine(): Machine {
	const all = cpus();
	return {
		cpu: all[0]?.model.trim() ?? 'unknown',
		cores: all.length,
		memoryBytes: totalmem(),
		system: `${type()} ${release()}`,
		versions: { node: process.versions.node, openssl: process.versions.openssl, undici: packageVersion('undici'), 'n8n-core': packageVersion('n8n-core'), curl: curlVersion() },
	};
}

function packageVersion(name: string): string {
	try {
		const entry = createRequire(join(REPOSITORY, 'package.json')).resolve(name);
		const folder = entry.slice(0, entry.lastIndexOf(`node_modules/${name}/`) + `node_modules/${name}/`.length);
		return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
	} catch {
		return 'not installed';
	}
}

function curlVersion(): string {
	try {
		return /^curl (\S+)/.exec(execFileSync('curl', ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
	} catch {
		return 'not installed';
	}
}
